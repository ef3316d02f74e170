import type { Periods } from '../../calendars/periods.ts'
import type { BarRow } from '../feed-message.ts'

/** Bars that are closed for certain, those of them that stand for periods without any trade, and how many had been delivered before. */
export type Filled = { readonly bars: readonly BarRow[]; readonly emptied: number; readonly known: number }

const sameRow = (a: BarRow | undefined, b: BarRow): boolean => a !== undefined && a.every((value, i) => value === b[i])

type Grid = { readonly periods: Periods; readonly barMs: number }

/** Periods between two bars of one answer of the exchange had no trade: flat bars without volume stand for them. */
function withEmpty(rows: readonly BarRow[], { periods, barMs }: Grid): BarRow[] {
  return rows.flatMap((row, i) => {
    const [before, , , , close] = rows[i - 1] ?? row
    const empty: BarRow[] = []
    for (let open = periods.nextOpen(before + barMs); open < row[0]; open = periods.nextOpen(open + barMs)) empty.push([open, close, close, close, close, 0])
    return [...empty, row]
  })
}

/**
 * Which bars of one series are closed. An exchange shows the forming bar again and again; it is closed when the exchange says so or when a later one has begun, never because time has passed.
 * After an interruption what was forming counts for nothing: its last state may be old, and only an answer to a question (`filled`) can tell what it became.
 */
export class ClosedBars {
  readonly #grid: Grid
  #next: number
  #newest = -Infinity
  #forming: BarRow | undefined
  #lastClosed: BarRow | undefined
  /** Delivered although an earlier one is missing. */
  readonly #ahead = new Set<number>()

  constructor({ next, ...grid }: Grid & { readonly next: number }) {
    this.#grid = grid
    this.#next = next
  }

  /** Open time of the first bar that was not delivered. */
  get next(): number {
    return this.#next
  }
  /** Open time of the newest bar that the exchange has shown, forming or not. */
  get newest(): number {
    return this.#newest
  }
  /** Is a bar missing that is closed by now? */
  get lacks(): boolean {
    return this.#next < this.#newest
  }

  /** Takes the newest state of a bar and gives what is closed by it; undefined for one that says nothing new. */
  live(row: BarRow, saidClosed: boolean): readonly BarRow[] | undefined {
    return saidClosed ? this.#close(row) : this.#show(row)
  }

  /** Updates may have been missed: the bar that was forming is forgotten. */
  interrupt(): void {
    this.#forming = undefined
  }

  /** Nothing from a bar on counts as delivered. */
  beginAt(next: number): void {
    this.#next = next
    this.#ahead.clear()
  }

  /** Takes an answer to the question for bars from a moment on, oldest first. Bars that open before `asked` were closed when the question was put (it is `newest` at that time, or the begin of the next session while there is none); so are all but the answer's last. */
  filled(rows: readonly BarRow[], asked: number): Filled {
    const last = rows.at(-1)
    if (last === undefined) return { bars: [], emptied: 0, known: 0 }
    const whole = withEmpty(rows, this.#grid)
    const bars = last[0] < asked ? whole : whole.slice(0, -1)
    this.#newest = Math.max(this.#newest, last[0])
    // The stream fell behind, or the session is over: its state of a bar that is closed by now would be older than the bar.
    if (this.#forming !== undefined && this.#forming[0] < Math.max(last[0], asked)) this.#forming = undefined
    const known = bars.filter(([openTime]) => openTime < this.#next || this.#ahead.has(openTime)).length
    // What the exchange does not have any more, nobody can bring: the gap stays in the series for all to see.
    this.#next = Math.max(this.#next, bars[0]?.[0] ?? this.#next)
    return { bars: this.#deliver(bars), emptied: whole.length - rows.length, known }
  }

  #close(row: BarRow): readonly BarRow[] | undefined {
    const [openTime] = row
    if (sameRow(this.#lastClosed, row)) return undefined
    // A late word is handed on: whether it changes anything, the store knows.
    if (openTime < this.#newest) return this.#deliver([row])
    const before = this.#endedBy(openTime)
    this.#forming = undefined
    this.#lastClosed = row
    this.#newest = openTime
    return this.#deliver([...before, row])
  }

  #show(row: BarRow): readonly BarRow[] | undefined {
    const [openTime] = row
    if (openTime < this.#newest || openTime === this.#lastClosed?.[0] || sameRow(this.#forming, row)) return undefined
    const before = this.#endedBy(openTime)
    this.#forming = row
    this.#newest = openTime
    return this.#deliver(before)
  }

  /** The forming bar, if a bar that begins at a moment is a later one. */
  #endedBy(openTime: number): readonly BarRow[] {
    return this.#forming !== undefined && openTime > this.#forming[0] ? [this.#forming] : []
  }

  /** Moves on over what was delivered, with all that came before its turn. */
  #deliver(bars: readonly BarRow[]): readonly BarRow[] {
    for (const [openTime] of bars) if (openTime >= this.#next) this.#ahead.add(openTime)
    const { periods, barMs } = this.#grid
    while (this.#ahead.delete(this.#next)) this.#next = periods.nextOpen(this.#next + barMs)
    return bars
  }
}
