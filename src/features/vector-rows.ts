import type { Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar } from '../contracts/bar.ts'
import type { FeatureSet, FeatureSetSpec, FeatureVector } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { SeriesStore } from '../market/series-store.ts'
import type { Catalogue } from './catalog/family.ts'
import { FeatureService } from './feature-service.ts'

/** The checked bars of one symbol and the calendar that they follow. */
export type CalendarBars = { readonly calendar: Calendar; readonly bars: readonly Bar[] }

/** Vectors of which set over the bars of which symbol; `series` has those of the symbol, and of others that its features read, by symbol. */
export type VectorRowsRequest = Pick<FeatureSetSpec, 'features' | 'gaps' | 'ranges'> & {
  readonly symbol: string
  readonly timeframe: Timeframe
  /** Those that are built in unless others are given. */
  readonly calendars?: Calendars
  readonly series: ReadonlyMap<string, CalendarBars>
  /** What ids refer to; our own catalogue unless another is given. */
  readonly catalogue?: Catalogue
}

/** The vector as of the close of the bar at a position. */
export type VectorRow = { readonly position: number; readonly bar: Bar; readonly vector: FeatureVector }

const barsAtOnce = 4_096

/**
 * The vector at every bar close, oldest first, out of the same service that serves predictions: bars are folded in slices and read as of their closes, so that nothing later is in a row and memory
 * does not grow with the history. Throws `unknown_feature`, `invalid_symbol`.
 */
export function vectorRows(request: VectorRowsRequest, clock: Clock): { readonly set: FeatureSet; readonly rows: Generator<VectorRow> } {
  const { symbol, timeframe, features, gaps, ranges, catalogue, calendars } = request
  const store = new SeriesStore({ clock, meter: noMeter, ...(calendars && { calendars }) })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows: 2 * barsAtOnce, ...(catalogue ? { catalogue } : {}) })
  const set = service.declare({ timeframe, features, window: 1, symbols: [symbol], ...(gaps && { gaps }), ...(ranges && { ranges }) })
  return { set, rows: rowsOf(request, { store, service, set }) }
}

function* rowsOf(
  { symbol, timeframe, series }: VectorRowsRequest,
  { store, service, set }: { readonly store: SeriesStore; readonly service: FeatureService; readonly set: FeatureSet },
): Generator<VectorRow> {
  const own = series.get(symbol)
  if (!own) return
  const others = [...series].filter(([name]) => name !== symbol).map(([name, other]) => ({ name, ...other, taken: 0 }))
  for (let from = 0; from < own.bars.length; from += barsAtOnce) {
    const slice = own.bars.slice(from, from + barsAtOnce)
    const until = (slice.at(-1) as Bar).closeTime
    for (const other of others) {
      const begin = other.taken
      while ((other.bars[other.taken]?.closeTime ?? Infinity) <= until) other.taken += 1
      store.replay({ symbol: other.name, timeframe }, other.bars.slice(begin, other.taken), { calendar: other.calendar, clock: 'replay' })
    }
    store.replay({ symbol, timeframe }, slice, { calendar: own.calendar, clock: 'replay' })
    for (const [i, bar] of slice.entries()) yield { position: from + i, bar, vector: service.vector(set, symbol, bar.closeTime) }
  }
}
