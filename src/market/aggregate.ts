import type { Bar } from '../contracts/bar.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { combineFlows } from './flow/bar-flow.ts'
import type { Series } from './series.ts'

/** One longer bar out of the shorter ones of its period, oldest first (at least one). Known once the last of them was. */
function combine(parts: readonly Bar[], openTime: number, barMs: number): Bar {
  const [first, last] = [parts[0] as Bar, parts.at(-1) as Bar]
  let [high, low, volume, receivedTime] = [first.high, first.low, 0, first.receivedTime]
  for (const part of parts) {
    high = Math.max(high, part.high)
    low = Math.min(low, part.low)
    volume += part.volume
    receivedTime = Math.max(receivedTime, part.receivedTime)
  }
  const flow = combineFlows(parts)
  return {
    openTime,
    closeTime: openTime + barMs,
    receivedTime,
    open: first.open,
    high,
    low,
    close: last.close,
    volume,
    empty: parts.every((part) => part.empty),
    ...(flow === undefined ? {} : { flow }),
  }
}

/** How many shorter bars a period has at most, or exactly where that is known. */
function wanted({ periods, barMs }: Series, from: number, to: number): { readonly known: boolean; readonly count: number } {
  return { known: periods.known, count: periods.known ? periods.count(from, to) : (to - from) / barMs }
}

/**
 * The longer bar of the period that holds `moment`, or undefined while the period is not over. Every shorter bar that its calendar wants must be there; in a series that is taken as received a period
 * is over when its last shorter bar or any later one has come.
 */
export function aggregateBar(source: Series, timeframe: Timeframe, moment: number): Bar | undefined {
  const barMs = timeframes[timeframe]
  const openTime = Math.floor(moment / barMs) * barMs
  const from = source.positionFrom(openTime)
  const to = source.positionFrom(openTime + barMs)
  if (from === to) return undefined
  const { known, count } = wanted(source, openTime, openTime + barMs)
  const over = to - from >= count || (!known && (source.last as Bar).closeTime >= openTime + barMs)
  return over ? combine(source.slice(from, to), openTime, barMs) : undefined
}

/** The longer bars of every period that is over and that bars of the source touch, or end by being later; none of a period whose beginning is kept no longer. */
export function longerBars(source: Series, timeframe: Timeframe, bars: readonly Bar[]): Bar[] {
  const barMs = timeframes[timeframe]
  const periodOf = ({ openTime }: Bar): number => Math.floor(openTime / barMs) * barMs
  const whole = source.trimmed > 0 ? Math.ceil((source.first as Bar).openTime / barMs) * barMs : -Infinity
  const periods = new Set<number>()
  for (const bar of bars) {
    const before = source.bar(source.positionFrom(bar.openTime) - 1)
    if (before) periods.add(periodOf(before))
    periods.add(periodOf(bar))
  }
  return [...periods]
    .filter((period) => period >= whole)
    .toSorted((a, b) => a - b)
    .flatMap((period) => aggregateBar(source, timeframe, period) ?? [])
}
