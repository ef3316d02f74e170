import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { Definition } from './definition.ts'
import type { Lane } from './lane.ts'
import type { SeriesFold } from './series-fold.ts'

type Column = { readonly ring: Float64Array; readonly lane: Lane; readonly frame: number }

/**
 * Where the columns of a set lie for one symbol: frame 0 is the series of the set's timeframe, the others are longer ones that some columns are computed on. A column is
 * undefined while its series has no bar.
 */
export type Binding = {
  readonly frames: readonly SeriesFold[]
  readonly columns: readonly (Column | undefined)[]
}

/** Which rows of frame 0: `window` of them up to the newest. */
type Rows = { readonly newest: number; readonly window: number }

/** What is known of one row of a set: values (NaN where none), and for each column a status with its progress if it is warming. */
export type Reading = Pick<FeatureVector, 'values' | 'statuses' | 'warming' | 'complete'>

/** Finds every column of the definitions in the folds of one symbol. */
export function bind(definitions: readonly Definition[], base: SeriesFold, foldOf: (timeframe: Timeframe) => SeriesFold | undefined): Binding {
  const frames = [base]
  const byTimeframe = new Map<Timeframe, SeriesFold | undefined>([[base.series.key.timeframe, base]])
  const columns = definitions.map(({ timeframe, kernelKey, family }) => {
    if (!byTimeframe.has(timeframe)) byTimeframe.set(timeframe, foldOf(timeframe))
    const fold = byTimeframe.get(timeframe)
    const lane = fold?.lane(kernelKey)
    const ring = lane?.rings[family.output]
    if (!fold || !lane || !ring) return undefined
    if (!frames.includes(fold)) frames.push(fold)
    return { ring, lane, frame: frames.indexOf(fold) }
  })
  return { frames, columns }
}

/** True if no column waits for the first bar of its series. */
export const isWhole = ({ columns }: Binding): boolean => !columns.includes(undefined)

/** The slot of another frame as of the close of a row of frame 0; -1 if that frame has no bar then, or misses the latest one of a continuous series. */
function slotOf(frame: SeriesFold, closeTime: number): number {
  const row = frame.rowAt(closeTime)
  if (row < 0) return -1
  const late = closeTime - frame.closeTime(row) >= frame.series.barMs
  return late && frame.series.settings.calendar === 'continuous' ? -1 : frame.slot(row)
}

/** Copies one row to a place in the values; true if every number is there. `slots` has one entry per frame. */
function fillRow(values: Float64Array, at: number, { columns, slots }: { readonly columns: Binding['columns']; readonly slots: readonly number[] }): boolean {
  let whole = true
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]
    const slot = column === undefined ? -1 : (slots[column.frame] as number)
    const value = column === undefined || slot < 0 ? NaN : (column.ring[slot] as number)
    values[at + i] = value
    if (value !== value) whole = false
  }
  return whole
}

/** Copies the rows that belong to the newest run; true if every number is there. */
function fill(values: Float64Array, { frames, columns }: Binding, { newest, window }: Rows): boolean {
  const base = frames[0] as SeriesFold
  const wanted = newest - window + 1
  const oldest = Math.max(base.firstRow, wanted, newest - base.run(newest) + 1)
  let whole = oldest === wanted
  if (!whole) values.fill(NaN, 0, (oldest - wanted) * columns.length)
  for (let row = oldest; row <= newest; row++) {
    const slots = [base.slot(row)]
    for (let i = 1; i < frames.length; i++) slots.push(slotOf(frames[i] as SeriesFold, base.closeTime(row)))
    if (!fillRow(values, (row - wanted) * columns.length, { columns, slots })) whole = false
  }
  return whole
}

/** Why one column of an incomplete reading has no value, or that it has. */
function statusOf(
  reading: { readonly values: Float64Array; readonly column: number },
  binding: Binding,
  { newest, window }: Rows,
): { status: FeatureStatus; progress?: string } {
  const { values, column } = reading
  const width = binding.columns.length
  let absent = false
  for (let at = column; at < values.length; at += width) if (Number.isNaN(values[at])) absent = true
  if (!absent) return { status: 'ok' }
  const base = binding.frames[0] as SeriesFold
  const there = binding.columns[column]
  if (there === undefined) return { status: 'missing' }
  const { lane, frame } = there
  const slot = frame === 0 ? base.slot(newest) : slotOf(binding.frames[frame] as SeriesFold, base.closeTime(newest))
  if (slot < 0) return { status: 'missing' }
  const rows = frame === 0 ? window - 1 : 0
  const needed = lane.spec.settled + rows
  const run = lane.runAt(slot)
  if (run < needed) return { status: 'warming', progress: `${run}/${needed}` }
  return base.run(newest) < window ? { status: 'warming', progress: `${base.run(newest)}/${window}` } : { status: 'flat' }
}

/** Reads the row and the rows before it. `allOk` is returned as the statuses when nothing is absent, so that a whole read makes no array of them. */
export function readRows(binding: Binding, rows: Rows, allOk: readonly FeatureStatus[]): Reading {
  const values = new Float64Array(rows.window * binding.columns.length)
  if (fill(values, binding, rows)) return { values, statuses: allOk, complete: true }
  const warming = new Map<number, string>()
  const statuses = binding.columns.map((_, column) => {
    const { status, progress } = statusOf({ values, column }, binding, rows)
    if (progress !== undefined) warming.set(column, progress)
    return status
  })
  return { values, statuses, complete: false, ...(warming.size === 0 ? {} : { warming }) }
}

/** Open time of the oldest bar that begins the newest run on which any column rests; undefined without a row. */
export function originOf({ frames, columns }: Binding, newest: number): number | undefined {
  let origin: number | undefined
  const base = frames[0] as SeriesFold
  const closeTime = base.closeTime(newest)
  for (const column of columns) {
    if (column === undefined) continue
    const { lane, frame } = column
    const fold = frames[frame] as SeriesFold
    const row = frame === 0 ? newest : fold.rowAt(closeTime)
    if (row < 0) continue
    const own = fold.series.settings.calendar === 'continuous' ? fold.closeTime(row) - lane.runAt(fold.slot(row)) * fold.series.barMs : lane.origin
    if (origin === undefined || own > origin) origin = own
  }
  return origin
}
