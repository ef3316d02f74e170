import type { Bar } from '../contracts/bar.ts'
import { barsPerBlock, type Series } from '../market/series.ts'
import { Lane, type LaneSpec } from './lane.ts'
import { RowRanges } from './row-ranges.ts'
import { makeStepBar, takeBar } from './step-bar.ts'

/** The states of all lanes before the first bar that opens at `boundary` or later. `rewrites` is the series' count of rewrites that the states know of. */
export type Snapshot = {
  readonly boundary: number
  readonly lastOpenTime: number
  /** Bars without a gap up to `lastOpenTime`. */
  readonly run: number
  readonly rewrites: number
  /** Digest of the sessions that said what was missing; absent where there are none. */
  readonly calendar?: string | undefined
  readonly lanes: ReadonlyMap<string, Float64Array>
}

/** How a fold works: rows that stay readable (a power of two), snapshots of an earlier life, who keeps new ones, and who forgets those before a boundary that are needed no longer. */
export type FoldOptions = {
  readonly capacity: number
  readonly snapshots?: readonly Snapshot[]
  readonly onSnapshot?: (snapshot: Snapshot) => void
  readonly onForget?: (boundary: number) => void
  /** True if its series has bars that stand for missing ones. */
  readonly fills?: boolean
  /** Hears of every value of a lane that is not believed. */
  readonly onRefused?: (key: string, output: number) => void
}

const barsPerSlice = 200
const beginning: Snapshot = { boundary: -Infinity, lastOpenTime: -Infinity, run: 0, rewrites: 0, lanes: new Map() }

/** True if every bar that a snapshot rests on is still the same, and so is what was missing between them. */
const fits = ({ boundary, lastOpenTime, rewrites, calendar }: Snapshot, series: Series): boolean =>
  calendar === series.periods.digest &&
  lastOpenTime <= (series.last?.openTime ?? -Infinity) &&
  rewrites <= series.rewriteCount &&
  series.rewrittenSince(rewrites) >= boundary

/**
 * All kernels of one series, folded over its bars: each bar steps each kernel once, however many sets use it. Rows are numbered; the last `capacity` of them stay readable.
 * A bar that is missing by the calendar of the series starts a new run. A late or revised bar goes back to the last snapshot before it and folds again.
 */
export class SeriesFold {
  readonly series: Series
  readonly #options: FoldOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #closeTimes: Float64Array
  #values = new Float64Array(0)
  #width = 0
  #ranges = new RowRanges([])
  readonly #runs: Int32Array
  readonly #mask: number
  readonly #input = makeStepBar()
  #snapshots: Snapshot[]
  #rows = 0
  #run = 0
  #lastOpenTime = -Infinity
  #block = -Infinity
  #rewrites: number
  constructor(series: Series, options: FoldOptions) {
    this.series = series
    this.#options = options
    this.#closeTimes = new Float64Array(options.capacity)
    this.#runs = new Int32Array(options.capacity)
    this.#mask = options.capacity - 1
    this.#rewrites = series.rewriteCount
    this.#snapshots = (options.snapshots ?? []).filter((snapshot) => fits(snapshot, series))
    this.#rewindTo(this.#base())
  }

  /** Number of the newest row plus one; 0 before the first bar. */
  get rows(): number {
    return this.#rows
  }
  /** Oldest row that is still readable. */
  get firstRow(): number {
    return Math.max(0, this.#rows - this.#mask - 1)
  }
  /** The rows of all lanes, one behind the other; a row begins at `begin(row)`. Another array after `require` added lanes. */
  get values(): Float64Array {
    return this.#values
  }
  /** Where a row begins in `values`. */
  begin(row: number): number {
    return (row & this.#mask) * this.#width
  }
  closeTime(row: number): number {
    return this.#closeTimes[row & this.#mask] as number
  }
  /** Bars without a gap up to a row. */
  run(row: number): number {
    return this.#runs[row & this.#mask] as number
  }
  lane(key: string): Lane | undefined {
    return this.#lanes.get(key)
  }

  /** Newest readable row whose bar closed at or before a moment; -1 if there is none. */
  rowAt(moment: number): number {
    let high = this.#rows - 1
    if (high < 0 || this.closeTime(high) <= moment) return high
    let low = this.firstRow - 1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.closeTime(middle) <= moment) low = middle
      else high = middle
    }
    return low < this.firstRow ? -1 : low
  }

  /** As `rowAt`, of a bar that was received: what stands for a missing one was not known at its time, and is read as the past of a later bar only. */
  receivedRowAt(moment: number): number {
    let row = this.rowAt(moment)
    const isFilled = (): boolean => this.series.bar(this.series.positionFrom(this.closeTime(row) - this.series.barMs))?.filled === true
    if (this.#options.fills === true) while (row >= this.firstRow && isFilled()) row -= 1
    return row < this.firstRow ? -1 : row
  }

  /** Adds the kernels that are not there yet and folds them over the bars that are stored. */
  require(specs: Iterable<LaneSpec>): void {
    const fresh = [...specs].filter(({ key }) => !this.#lanes.has(key))
    if (fresh.length === 0) return
    this.#add(fresh)
    this.#rewindTo(this.#base())
    this.sync()
  }

  /** Brings every lane up to the series: goes back if the past was rewritten, then takes the bars that it has not seen. */
  sync(): void {
    const rewritten = this.series.rewrittenSince(this.#rewrites)
    this.#rewrites = this.series.rewriteCount
    if (rewritten < this.#lastOpenTime + 1) this.#rewindTo(this.#snapshots.findLast(({ boundary }) => boundary <= rewritten) ?? this.#base())
    for (let position = this.series.positionFrom(this.#lastOpenTime + 1); position < this.series.length; position++)
      this.#advance(this.series.bar(position) as Bar)
    this.#forgetOldSnapshots()
  }

  /** Another fold with the same lanes whose newest row is the one as of a moment: for moments older than `firstRow`. At least `window` rows of it are readable. */
  recall(asOf: number, window: number): SeriesFold {
    const end = this.series.positionFrom(asOf - this.series.barMs + 1)
    const from = this.series.bar(Math.max(0, end - window))?.openTime ?? -Infinity
    const snapshots = this.#snapshots.filter(({ boundary }) => boundary <= from).slice(-1)
    const past = new SeriesFold(this.series, { capacity: 2 ** Math.ceil(Math.log2(window + 1)), fills: this.#options.fills === true })
    past.#add([...this.#lanes.values()].map(({ spec }) => spec))
    past.#rewindTo(snapshots[0])
    for (let position = this.series.positionFrom(past.#lastOpenTime + 1); position < end; position++) past.#advance(this.series.bar(position) as Bar)
    return past
  }

  /** Another fold with the same lanes over every bar that is kept up to a moment, in slices: it yields between them. Undefined if the series changes meanwhile, or what went before it is not known. */
  *refold(asOf: number): Generator<void, SeriesFold | undefined> {
    const { series } = this
    const [base, { rewriteCount, trimmed }] = [this.#base(), series]
    const unchanged = (): boolean => rewriteCount === series.rewriteCount && trimmed === series.trimmed
    if (base === undefined && trimmed > 0) return undefined
    const past = new SeriesFold(series, { capacity: 1 })
    past.#add([...this.#lanes.values()].map(({ spec }) => spec))
    past.#rewindTo(base)
    for (let folded = 1; unchanged(); folded++) {
      const bar = series.bar(series.positionFrom(past.#lastOpenTime + 1))
      if (bar === undefined || bar.closeTime > asOf) return past
      past.#advance(bar)
      if (folded % barsPerSlice === 0) yield
    }
    return undefined
  }

  /** Lanes keep their places in a row: new ones stand behind those that are there. */
  #add(specs: readonly LaneSpec[]): void {
    for (const spec of specs) {
      const lane = new Lane(spec, this.#width)
      this.#lanes.set(spec.key, lane)
      this.#width += lane.width
    }
    this.#values = new Float64Array(this.#options.capacity * this.#width).fill(NaN)
    this.#ranges = new RowRanges(this.#lanes.values(), this.#options.onRefused)
  }

  /** The snapshot that replaces bars which are kept no longer; undefined while all bars are kept, or when none fits. */
  #base(): Snapshot | undefined {
    const first = this.series.first
    if (first === undefined || this.series.trimmed === 0) return undefined
    const boundary = this.#boundary(this.#blockOf(first.openTime))
    return this.#snapshots.findLast((snapshot) => snapshot.boundary === boundary)
  }

  /** Goes back to a snapshot: the rows after it are forgotten, to be written again. */
  #rewindTo({ boundary, lastOpenTime, run, lanes }: Snapshot = beginning): void {
    this.#rows = this.rowAt(boundary) + 1
    this.#run = run
    this.#lastOpenTime = lastOpenTime
    this.#block = this.#blockOf(boundary)
    this.#snapshots = this.#snapshots.filter((older) => older.boundary <= boundary)
    for (const [key, lane] of this.#lanes) lane.rewind(lanes.get(key))
  }

  #blockOf(openTime: number): number {
    return Math.floor(openTime / this.series.barMs / barsPerBlock)
  }

  #boundary(block: number): number {
    return block * barsPerBlock * this.series.barMs
  }

  #advance(bar: Bar): void {
    const block = this.#blockOf(bar.openTime)
    if (block !== this.#block) this.#snapshot(block)
    if (this.series.periods.count(this.#lastOpenTime + this.series.barMs, bar.openTime) > 0) this.#restart()
    const slot = this.#rows & this.#mask
    takeBar(this.#input, bar, this.series)
    for (const lane of this.#lanes.values()) lane.step(this.#input, this.#values, slot * this.#width)
    this.#ranges.check(this.#values, slot * this.#width, bar.closeTime)
    this.#run += 1
    this.#runs[slot] = this.#run
    this.#closeTimes[slot] = bar.closeTime
    this.#lastOpenTime = bar.openTime
    this.#rows += 1
  }

  #restart(): void {
    this.#run = 0
    for (const lane of this.#lanes.values()) lane.restart()
  }

  #snapshot(block: number): void {
    this.#block = block
    if (this.#lastOpenTime === -Infinity) return
    const lanes = new Map([...this.#lanes].map(([key, lane]) => [key, lane.snapshot()]))
    const snapshot = {
      boundary: this.#boundary(block),
      lastOpenTime: this.#lastOpenTime,
      run: this.#run,
      rewrites: this.#rewrites,
      calendar: this.series.periods.digest,
      lanes,
    }
    this.#snapshots.push(snapshot)
    this.#options.onSnapshot?.(snapshot)
  }

  #forgetOldSnapshots(): void {
    const base = this.#base()
    if (base === undefined || this.#snapshots[0] === base) return
    this.#snapshots = this.#snapshots.filter(({ boundary }) => boundary >= base.boundary)
    this.#options.onForget?.(base.boundary)
  }
}
