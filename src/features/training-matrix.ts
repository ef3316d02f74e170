import type { Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { FeatureSet, FeatureVector, GapPolicy } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { BarInput } from '../market/check-bar.ts'
import type { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import type { Catalogue } from './catalog/family.ts'
import { FeatureService } from './feature-service.ts'

/** What to export: bars of one series, the set, and how far ahead the label looks. */
export type MatrixRequest = {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly calendar: Calendar
  readonly bars: readonly BarInput[]
  readonly features: readonly string[]
  readonly gaps?: GapPolicy
  readonly horizonMs: number
  /** What ids refer to; our own catalogue unless another is given. */
  readonly catalogue?: Catalogue
}

/**
 * One training row: the vector as it would have been served at `closeTime`, and what came after. `forwardReturn` = ln(close at the horizon / open of the next bar);
 * `labelTime` = when it was known. Times in ms since the epoch.
 */
export type MatrixRow = {
  readonly closeTime: number
  readonly values: Float64Array
  readonly forwardReturn: number
  readonly labelTime: number
}

/** Why bars gave no row: their features were not settled, a value was undefined, the bars after them are missing. */
export type MatrixCounts = {
  bars: number
  rows: number
  quarantined: number
  warming: number
  undefinedValue: number
  unlabelled: number
}

/** A matrix being made: `rows` can be read once; `counts` is final when they are all read. */
export type TrainingMatrix = {
  readonly set: FeatureSet
  readonly counts: MatrixCounts
  readonly rows: Generator<MatrixRow>
}

/** Label of the bar at a position, or undefined if a bar up to the horizon is missing: in a continuous series every period counts, else the next bars as they came. */
function labelOf(series: Series, position: number, steps: number): Pick<MatrixRow, 'forwardReturn' | 'labelTime'> | undefined {
  const [bar, entry, exit] = [series.bar(position), series.bar(position + 1), series.bar(position + steps)]
  if (!bar || !entry || !exit) return undefined
  if (series.settings.calendar === 'continuous' && exit.openTime !== bar.openTime + steps * series.barMs) return undefined
  return { forwardReturn: Math.log(exit.close / entry.open), labelTime: exit.closeTime }
}

function count(counts: MatrixCounts, { statuses }: FeatureVector): void {
  if (statuses.includes('warming')) counts.warming += 1
  else counts.undefinedValue += 1
}

/**
 * The training matrix of a set over bars: each row is read from the same service that serves predictions, as of the close of a bar, so nothing later can be in it. Rows with a
 * value that is not settled, or without a label, are left out and counted. Throws `unknown_feature`, `validation_failed`.
 */
export function trainingMatrix(request: MatrixRequest, clock: Clock): TrainingMatrix {
  const { symbol, timeframe, calendar, bars, features, horizonMs, catalogue } = request
  const store = new SeriesStore({ clock, meter: noMeter, keepBars: bars.length })
  const service = new FeatureService({
    series: store,
    clock,
    meter: noMeter,
    historyRows: Math.max(1, bars.length),
    ...(catalogue ? { catalogue } : {}),
  })
  const set = service.declare({ timeframe, features, window: 1, symbols: [symbol], ...(request.gaps && { gaps: request.gaps }) })
  const { quarantined } = store.ingest({ symbol, timeframe }, bars, { calendar, clock: 'replay' })
  const series = store.find(symbol, timeframe)
  if (!series) throw new ServingError('validation_failed', `No bar could be used${quarantined[0] ? `: ${quarantined[0].reason}` : ''}`)
  const steps = horizonMs / series.barMs
  if (!Number.isInteger(steps) || steps < 1) throw new ServingError('validation_failed', `The horizon must be a whole number of ${timeframe} bars`)
  const counts = {
    bars: series.length,
    rows: 0,
    quarantined: quarantined.length,
    warming: 0,
    undefinedValue: 0,
    unlabelled: 0,
  }
  return { set, counts, rows: matrixRows({ service, series, set, steps, counts }) }
}

type Sources = {
  readonly service: FeatureService
  readonly series: Series
  readonly set: FeatureSet
  readonly steps: number
  readonly counts: MatrixCounts
}

function* matrixRows({ service, series, set, steps, counts }: Sources): Generator<MatrixRow> {
  for (let position = 0; position < series.length; position++) {
    const closeTime = series.bar(position)?.closeTime ?? 0
    const vector = service.vector(set, series.key.symbol, closeTime)
    const label = labelOf(series, position, steps)
    if (!vector.complete) count(counts, vector)
    else if (!label) counts.unlabelled += 1
    else {
      counts.rows += 1
      yield { closeTime, values: vector.values, ...label }
    }
  }
}
