import type { Bar } from '../../contracts/bar.ts'
import { type Flow, flowFields, noFlow } from '../../contracts/flow.ts'

const accountedShare = 0.01
const summed = ['takerBuyVolume', 'buyVolume', 'sellVolume', 'trades', 'ofi'] as const

/** True if trades add up to what the bar says was traded, within 1 %: else some were not seen. */
const accounts = ({ buyVolume, sellVolume }: Flow, volume: number): boolean => Math.abs(buyVolume + sellVolume - volume) <= accountedShare * volume

/** A bar with what was observed in its period; what was not stays as the bar of the same time that is stored, if any, has it. Trades that do not account for the bar's volume count as not observed. */
export function withFlow(bar: Bar, { observed = noFlow, stored = noFlow }: { readonly observed?: Flow | undefined; readonly stored?: Flow | undefined }): Bar {
  const own = bar.flow ?? noFlow
  const seen = accounts(observed, bar.volume) ? observed : { ...observed, buyVolume: NaN, sellVolume: NaN, trades: NaN }
  // A payment that is past says that the rate is not known: what was stored before that came to light is not.
  const isSettled = (field: keyof Flow): boolean => field === 'fundingRate' && !Number.isNaN(seen.nextFundingTime)
  const pick = (field: keyof Flow): number =>
    isSettled(field) ? seen[field] : ([seen, own, stored].map((flow) => flow[field]).find((value) => !Number.isNaN(value)) ?? NaN)
  const entries = flowFields.map((field) => [field, pick(field)] as const)
  return entries.every(([, value]) => Number.isNaN(value)) ? bar : { ...bar, flow: Object.fromEntries(entries) as Flow }
}

/** The flow of a longer bar: sums of those of its parts, the mean of the spreads, and the last book. NaN where a part lacks the number. */
export function combineFlows(parts: readonly Bar[]): Flow | undefined {
  if (parts.every(({ flow }) => flow === undefined)) return undefined
  const sum = (field: keyof Flow): number => parts.reduce((total, { flow = noFlow }) => total + flow[field], 0)
  const sums = Object.fromEntries(summed.map((field) => [field, sum(field)]))
  return { ...(parts.at(-1)?.flow ?? noFlow), ...sums, meanSpread: sum('meanSpread') / parts.length }
}
