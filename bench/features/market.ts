import { noMeter } from '../../src/contracts/meter.ts'
import type { FeatureSet } from '../../src/contracts/features.ts'
import { FeatureService } from '../../src/features/feature-service.ts'
import { walkBars } from '../../src/market/bar-walk.ts'
import type { BarInput } from '../../src/market/check-bar.ts'
import { SeriesStore } from '../../src/market/series-store.ts'

/** Length of a bar in every measurement. */
export const minute = 60_000
const start = Date.UTC(2024, 0, 1)

/** Bars of one minute each, other ones for every seed. */
export const minuteBars = (seed: number, count: number): BarInput[] => walkBars({ seed, count, from: start, barMs: minute })

/** A store and the service that folds its series. `features` undefined: nothing is declared, so that ingest alone can be measured. */
export type Market = {
  readonly store: SeriesStore
  readonly service: FeatureService
  readonly set: FeatureSet | undefined
  take(symbol: string, bars: readonly BarInput[]): void
}

/** A market in memory, without journal and without metrics. */
export function makeMarket({
  features,
  historyRows,
  keepBars,
}: {
  readonly features?: readonly string[]
  readonly historyRows: number
  readonly keepBars: number
}): Market {
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const store = new SeriesStore({ clock, meter: noMeter, keepBars })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows })
  const set = features && service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'] })
  return {
    store,
    service,
    set,
    take(symbol, bars) {
      store.ingest({ symbol, timeframe: '1m' }, bars, { calendar: 'continuous', clock: 'replay' })
    },
  }
}
