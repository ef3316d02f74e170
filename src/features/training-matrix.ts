import { builtInCalendars } from '../calendars/calendars.ts'
import type { Bar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { FeatureSet, FeatureVector } from '../contracts/features.ts'
import type { Clock } from '../contracts/ports.ts'
import { timeframes } from '../contracts/timeframe.ts'
import { labelRows } from './labels/label-columns.ts'
import type { LabelSpec } from './labels/labels.ts'
import { vectorRows, type VectorRowsRequest } from './vector-rows.ts'

/** What to export: vectors of one symbol, how they are labelled, and which closes (ms, from inclusive, to exclusive) become rows. */
export type MatrixRequest = VectorRowsRequest & { readonly labels: LabelSpec; readonly from?: number; readonly to?: number }

/** One training row: the vector as it would have been served at `closeTime`, and what came after, by `labelColumns` of the kind of labels. Times in ms since the epoch. */
export type MatrixRow = { readonly closeTime: number; readonly values: Float64Array; readonly labels: readonly number[] }

/** Why bars gave no row: their features were not settled, a value was out of its range or undefined, the bars after them are missing. */
export type MatrixCounts = { bars: number; rows: number; warming: number; quarantined: number; undefinedValue: number; unlabelled: number }

/** A matrix being made: `rows` can be read once; `counts` is final when they are all read. */
export type TrainingMatrix = { readonly set: FeatureSet; readonly counts: MatrixCounts; readonly rows: Generator<MatrixRow> }

/** Bars to a horizon. Throws `validation_failed` for one that ends inside a bar. */
export function stepsOf(horizonMs: number, timeframe: VectorRowsRequest['timeframe']): number {
  const steps = horizonMs / timeframes[timeframe]
  if (!Number.isInteger(steps) || steps < 1) throw new ServingError('validation_failed', `The horizon must be a whole number of ${timeframe} bars`)
  return steps
}

function count(counts: MatrixCounts, { statuses }: FeatureVector): void {
  if (statuses.includes('warming')) counts.warming += 1
  else if (statuses.includes('quarantined')) counts.quarantined += 1
  else counts.undefinedValue += 1
}

/** True for the closes that were asked for. */
export const isWithin = ({ closeTime }: Bar, { from = -Infinity, to = Infinity }: { readonly from?: number; readonly to?: number }): boolean =>
  closeTime >= from && closeTime < to

/** The training matrix of a set over bars. Rows with a value that is not settled, or without a label, are left out and counted. Throws `unknown_feature`. */
export function trainingMatrix(request: MatrixRequest, clock: Clock): TrainingMatrix {
  const { set, rows } = vectorRows(request, clock)
  const counts = { bars: 0, rows: 0, warming: 0, quarantined: 0, undefinedValue: 0, unlabelled: 0 }
  return { set, counts, rows: matrixRows(request, rows, counts) }
}

function* matrixRows(request: MatrixRequest, rows: ReturnType<typeof vectorRows>['rows'], counts: MatrixCounts): Generator<MatrixRow> {
  const { symbol, timeframe, series, calendars = builtInCalendars } = request
  const { bars, calendar } = series.get(symbol) ?? { bars: [], calendar: 'continuous' }
  const labelsAt = labelRows({ bars, periods: calendars.periods(calendar, timeframe) }, request.labels)
  for (const { position, bar, vector } of rows) {
    if (!isWithin(bar, request)) continue
    counts.bars += 1
    const labels = labelsAt(position)
    if (!vector.complete) count(counts, vector)
    else if (!labels) counts.unlabelled += 1
    else {
      counts.rows += 1
      yield { closeTime: bar.closeTime, values: vector.values, labels }
    }
  }
}
