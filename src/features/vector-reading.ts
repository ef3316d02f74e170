import { type FlowField, noFlow } from '../contracts/flow.ts'
import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { Definition } from './definition.ts'
import { rangeText } from './expressions/ranges.ts'
import type { Lane } from './lane.ts'
import { refusedValue } from './row-ranges.ts'
import type { SeriesFold } from './series-fold.ts'
import { type Frame, sameFrame } from './symbol-folds.ts'
import { VectorSlab } from './vector-slab.ts'

const slab = new VectorSlab()

/**
 * Where the columns of a set lie for one symbol: frame 0 is the series of the set's timeframe, the others are longer ones, or pairs with a partner, that some columns are computed on. Per column: its frame
 * and its place in a row of it; a column has no lane while its series has no bar.
 */
export type Binding = {
  readonly frames: readonly SeriesFold[]
  readonly frameOf: Uint8Array
  readonly definitions: readonly Definition[]
  readonly offsets: Int32Array
  readonly lanes: readonly (Lane | undefined)[]
  /** The lanes of frame 0, each once. */
  readonly baseLanes: readonly Lane[]
  /** Where each of them keeps its run in a row. */
  readonly baseRuns: Int32Array
  /** True for columns that rest on a partner. */
  readonly paired: readonly boolean[]
  /** Numbers of order flow that columns rest on. */
  readonly flowInputs: readonly (readonly FlowField[])[]
  readonly whole: boolean
}

/** Which rows of frame 0: `window` of them up to the newest. */
type Rows = { readonly newest: number; readonly window: number }

/** What is known of some rows of a set. */
export type Reading = Pick<FeatureVector, 'values' | 'statuses' | 'warming' | 'reasons' | 'complete'>

/** Why a column has no value: how far it is on its way, or what is wrong. */
type Standing = { readonly status: FeatureStatus; readonly progress?: string; readonly reason?: string }

/** Finds every column of the definitions in the folds of one symbol. */
export function bind(definitions: readonly Definition[], base: SeriesFold, foldOf: (frame: Frame) => SeriesFold | undefined): Binding {
  const fill = definitions[0]?.fill
  const wanted: Frame[] = [{ timeframe: base.series.key.timeframe, fill }]
  for (const definition of definitions) if (!wanted.some((frame) => sameFrame(frame, definition))) wanted.push(definition)
  const folds = wanted.map((frame, i) => (i === 0 ? base : foldOf(frame)))
  const foldsOf = definitions.map((definition) => folds[wanted.findIndex((frame) => sameFrame(frame, definition))])
  const frames = folds.filter((fold) => fold !== undefined)
  const lanes = definitions.map(({ kernelKey }, column) => foldsOf[column]?.lane(kernelKey))
  const frameOf = Uint8Array.from(foldsOf, (fold) => Math.max(0, frames.indexOf(fold as SeriesFold)))
  const offsets = Int32Array.from(definitions, ({ output }, column) => (lanes[column]?.offset ?? 0) + 1 + output)
  const baseLanes = [...new Set(lanes.filter((lane, column) => lane !== undefined && frameOf[column] === 0))] as Lane[]
  return {
    frames,
    frameOf,
    definitions,
    offsets,
    lanes,
    baseLanes,
    baseRuns: Int32Array.from(baseLanes, ({ offset }) => offset),
    paired: definitions.map(({ partner }) => partner !== undefined),
    flowInputs: definitions.map(({ restsOn }) => restsOn.flatMap(({ family }) => family.inputs.filter((input): input is FlowField => input in noFlow))),
    whole: !lanes.includes(undefined),
  }
}

/** Where the row of another frame begins as of the close of a row of frame 0; -1 if that frame has no bar then, or lacks the latest one by its calendar; a pair lacks it by the clock where that is not known. */
function beginOf(frame: SeriesFold, base: SeriesFold, closeTime: number): number {
  const row = frame.rowAt(closeTime)
  if (row < 0) return -1
  const { key, barMs, periods } = frame.series
  const since = frame.closeTime(row)
  const isPair = key.symbol !== base.series.key.symbol
  const isLate = isPair && !periods.known ? closeTime - since >= barMs : periods.count(since, closeTime - barMs + 1) > 0
  return isLate ? -1 : frame.begin(row)
}

/** Copies one row of a set that lies in frame 0 alone; true if every number is there. */
function fillPlain(
  values: Float64Array,
  at: number,
  { source, from, offsets }: { readonly source: Float64Array; readonly from: number; readonly offsets: Int32Array },
): boolean {
  let whole = true
  for (let i = 0; i < offsets.length; i++) {
    const value = source[from + (offsets[i] as number)] as number
    values[at + i] = value
    if (value - value !== 0) whole = false
  }
  return whole
}

/** Copies one row whose columns lie in several frames, or not anywhere yet; true if every number is there. */
function fillMixed(values: Float64Array, at: number, { binding, row }: { readonly binding: Binding; readonly row: number }): boolean {
  const { frames, frameOf, offsets, lanes } = binding
  const base = frames[0] as SeriesFold
  const begins = frames.map((frame, i) => (i === 0 ? base.begin(row) : beginOf(frame, base, base.closeTime(row))))
  let whole = true
  for (let i = 0; i < offsets.length; i++) {
    const frame = frameOf[i] as number
    const begin = lanes[i] === undefined ? -1 : (begins[frame] as number)
    const value = begin < 0 ? NaN : ((frames[frame] as SeriesFold).values[begin + (offsets[i] as number)] as number)
    values[at + i] = value
    if (value - value !== 0) whole = false
  }
  return whole
}

/** Copies the rows that belong to the newest run; true if every number is there. */
function fill(values: Float64Array, binding: Binding, { newest, window }: Rows): boolean {
  const { frames, offsets, whole: bound } = binding
  const base = frames[0] as SeriesFold
  const wanted = newest - window + 1
  const oldest = Math.max(base.firstRow, wanted, newest - base.run(newest) + 1)
  let whole = oldest === wanted
  if (!whole) values.fill(NaN, 0, (oldest - wanted) * offsets.length)
  const plain = bound && frames.length === 1
  for (let row = oldest; row <= newest; row++) {
    const at = (row - wanted) * offsets.length
    const complete = plain ? fillPlain(values, at, { source: base.values, from: base.begin(row), offsets }) : fillMixed(values, at, { binding, row })
    if (!complete) whole = false
  }
  return whole
}

/** True if a column has a value in one of the rows that is not believed. */
function hasRefused(values: Float64Array, column: number, columns: number): boolean {
  for (let at = column; at < values.length; at += columns) if (values[at] === refusedValue) return true
  return false
}

/** What was computed, where it is the newest that was not believed, and what it should be. */
function refusalText({ definitions, lanes }: Binding, column: number, closeTime: number): string {
  const { output, range } = definitions[column] as Definition
  const refused = lanes[column]?.refused(output)
  return `${refused?.closeTime === closeTime ? `${refused.value} was computed` : 'what was computed is out of range'}; it is ${rangeText(range)}`
}

/** True if a column lacks a value in one of the rows. */
function lacks(values: Float64Array, column: number, columns: number): boolean {
  for (let at = column; at < values.length; at += columns) if (!Number.isFinite(values[at])) return true
  return false
}

/** Why a settled column has no value: one of the bars that it needs up to a close has not been observed in full, or they did not move. */
function whyUndefined(
  { series }: SeriesFold,
  { closeTime, bars, inputs }: { readonly closeTime: number; readonly bars: number; readonly inputs: readonly FlowField[] },
): 'missing' | 'flat' {
  const end = series.positionFrom(closeTime)
  const isUnseen =
    inputs.length > 0 && series.slice(Math.max(0, end - bars), end).some(({ flow = noFlow }) => inputs.some((input) => Number.isNaN(flow[input])))
  return isUnseen ? 'missing' : 'flat'
}

/** Why one column of an incomplete reading lacks a value, or that it does not. */
function statusOf(reading: { readonly values: Float64Array; readonly column: number }, binding: Binding, { newest, window }: Rows): Standing {
  const { values, column } = reading
  const columns = binding.offsets.length
  if (!lacks(values, column, columns)) return { status: 'ok' }
  const lane = binding.lanes[column]
  const base = binding.frames[0] as SeriesFold
  const frame = binding.frames[binding.frameOf[column] as number] as SeriesFold
  const begin = frame === base ? base.begin(newest) : beginOf(frame, base, base.closeTime(newest))
  if (lane === undefined || begin < 0) return { status: binding.paired[column] ? 'partner-missing' : 'missing' }
  const closeTime = frame.closeTime(frame.rowAt(base.closeTime(newest)))
  if (hasRefused(values, column, columns)) return { status: 'quarantined', reason: refusalText(binding, column, closeTime) }
  const { output } = binding.definitions[column] as Definition
  const needed = (lane.spec.settled[output] as number) + (frame === base ? window - 1 : 0)
  const run = frame.values[begin + lane.offset] as number
  if (run < needed) return { status: 'warming', progress: `${run}/${needed}` }
  if (base.run(newest) < window) return { status: 'warming', progress: `${base.run(newest)}/${window}` }
  return { status: whyUndefined(frame, { closeTime, bars: needed, inputs: binding.flowInputs[column] as readonly FlowField[] }) }
}

/** Reads the row and the rows before it. `allOk` is returned as the statuses when nothing is absent, so that a whole read makes no array of them. */
export function readRows(binding: Binding, rows: Rows, allOk: readonly FeatureStatus[]): Reading {
  const values = slab.take(rows.window * binding.offsets.length)
  if (fill(values, binding, rows)) return { values, statuses: allOk, complete: true }
  const warming = new Map<number, string>()
  const reasons = new Map<number, string>()
  const statuses = binding.lanes.map((_, column) => {
    const { status, progress, reason } = statusOf({ values, column }, binding, rows)
    if (progress !== undefined) warming.set(column, progress)
    if (reason !== undefined) reasons.set(column, reason)
    return status
  })
  if (reasons.size > 0) for (let at = 0; at < values.length; at++) if (values[at] === refusedValue) values[at] = NaN
  return { values, statuses, complete: false, ...(warming.size === 0 ? {} : { warming }), ...(reasons.size === 0 ? {} : { reasons }) }
}

/** Open time of the first bar on which a row of one lane rests. */
function laneOrigin(lane: Lane, frame: SeriesFold, row: number): number {
  const run = frame.values[frame.begin(row) + lane.offset] as number
  const { periods } = frame.series
  return periods.known ? periods.back(frame.closeTime(row), run) : lane.origin
}

/** Latest origin of the lanes of frame 0. Where it is known which bars there are, it follows from the shortest run, which the row itself knows: lanes of many symbols are far apart in memory. */
function baseOrigin({ frames, baseLanes, baseRuns }: Binding, newest: number): number {
  const base = frames[0] as SeriesFold
  const { values } = base
  const { periods } = base.series
  if (!periods.known) return baseLanes.reduce((latest, { origin }) => Math.max(latest, origin), -Infinity)
  const begin = base.begin(newest)
  let shortest = Infinity
  for (let i = 0; i < baseRuns.length; i++) shortest = Math.min(shortest, values[begin + (baseRuns[i] as number)] as number)
  return periods.back(base.closeTime(newest), shortest)
}

/** Open time of the first bar that every column rests on: the latest of the columns' origins. */
export function originOf(binding: Binding, newest: number): number | undefined {
  const { frames, frameOf, lanes } = binding
  const base = frames[0] as SeriesFold
  let origin = baseOrigin(binding, newest)
  for (let i = 0; frames.length > 1 && i < lanes.length; i++) {
    const [lane, frame] = [lanes[i], frames[frameOf[i] as number] as SeriesFold]
    const row = frame === base ? -1 : frame.rowAt(base.closeTime(newest))
    if (lane !== undefined && row >= 0) origin = Math.max(origin, laneOrigin(lane, frame, row))
  }
  return origin === -Infinity ? undefined : origin
}
