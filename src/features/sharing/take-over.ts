import type { Bar } from '../../contracts/bar.ts'
import type { BarInput } from '../../market/check-bar.ts'
import type { Series } from '../../market/series.ts'
import type { SeriesStore } from '../../market/series-store.ts'
import { sameBar } from '../../market/series.ts'
import type { FeatureService } from '../feature-service.ts'
import type { SeriesState } from './series-state.ts'
import type { SharedStates } from './shared-states.ts'

/** Where a taken-over symbol goes. */
export type TakeOverDeps = {
  readonly market: SeriesStore
  readonly features: Pick<FeatureService, 'forget'>
  readonly states: SharedStates
  /** Hears of every series that was replaced. */
  readonly onAdopted?: (series: Series) => void
}

const barAt = (series: Series, openTime: number): Bar | undefined => {
  const bar = series.bar(series.positionFrom(openTime))
  return bar?.openTime === openTime ? bar : undefined
}

const barsOf = (series: Series): Bar[] => series.slice(0, series.length)

/** True if a series has every bar of another one, and says the same of each. */
const contains = (series: Series, other: Series): boolean =>
  barsOf(other).every((bar) => {
    const own = barAt(series, bar.openTime)
    return own !== undefined && sameBar(own, bar)
  })

const toInput = ({ openTime, open, high, low, close, volume, receivedTime, flow }: Bar): BarInput => ({
  openTime,
  open,
  high,
  low,
  close,
  volume,
  receivedTime,
  ...(flow === undefined || Number.isNaN(flow.takerBuyVolume) ? {} : { takerBuyVolume: flow.takerBuyVolume }),
})

/**
 * Goes on with a symbol from what its last writer published. A series that this replica knows as well or better stays (it restarts, or wrote last); every other one is replaced, and bars that only
 * this replica had, accepted while it was cut off, go in again.
 */
export function takeOver(symbol: string, states: readonly SeriesState[], deps: TakeOverDeps): void {
  const { market, features } = deps
  const foreign = states.filter(({ series }) => {
    const own = market.find(symbol, series.key.timeframe)
    return own === undefined || !contains(own, series)
  })
  if (foreign.length === 0) return
  const left = foreign.map(({ series }) => ({ series, bars: onlyHere(market.find(symbol, series.key.timeframe), series) }))
  for (const { series, snapshots } of foreign) {
    deps.states.takeOver(series.key, snapshots)
    market.adopt(series)
    deps.onAdopted?.(series)
  }
  features.forget(symbol)
  for (const { series, bars } of left) if (bars.length > 0 && series.settings.derivedFrom === undefined) market.ingest(series.key, bars.map(toInput))
}

/** Bars of the time that a published series covers, and later, which it lacks. */
function onlyHere(own: Series | undefined, published: Series): Bar[] {
  const from = published.first?.openTime ?? Infinity
  return own === undefined ? [] : barsOf(own).filter(({ openTime }) => openTime >= from && barAt(published, openTime) === undefined)
}
