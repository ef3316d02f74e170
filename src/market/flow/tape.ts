/** The events of one period, in order. */
export type Period<Event> = { readonly openTime: number; readonly barMs: number; readonly events: readonly Event[] }

/** A pure step over a period: what it says, and what the next period needs to know. Without an event ever seen there is nothing to carry. */
type Fold<Event, Carry, Part> = (carry: Carry | undefined, period: Period<Event>) => { readonly part: Part | undefined; readonly carry: Carry | undefined }

/** How a tape works: length of a period, order of events (zero for the same event), and the step. */
export type TapeOptions<Event, Carry, Part> = {
  readonly barMs: number
  readonly compare: (a: Event, b: Event) => number
  readonly fold: Fold<Event, Carry, Part>
}

const periodsRemembered = 1_440
const mostEvents = 200_000
const full = 'two periods hold 200,000 events already'

/**
 * Events of one kind and one symbol, which are folded period by period. Those of the newest period and the one before are held, so that they may come in any order and more than once: what they
 * say does not depend on either. Older periods are closed: what they said is remembered for 1,440 of them.
 */
export class Tape<Event extends { readonly time: number }, Carry, Part> {
  readonly #options: TapeOptions<Event, Carry, Part>
  readonly #closed = new Map<number, Part>()
  readonly #dirty = new Set<number>()
  #events: Event[] = []
  #carry: Carry | undefined
  /** Begin of the older of the two periods that are held. */
  #from = NaN
  /** Time of the newest event, or how far time has passed without one. */
  #newest = -Infinity
  #first = Infinity
  #last = -Infinity
  constructor(options: TapeOptions<Event, Carry, Part>) {
    this.#options = options
  }

  /** Takes an event, or says why not. `late`: its period is closed. */
  add(event: Event): 'accepted' | 'unchanged' | 'late' | typeof full {
    const period = this.#periodOf(event.time)
    if (Number.isNaN(this.#from)) this.#from = period - this.#options.barMs
    if (event.time < this.#from) return 'late'
    this.#reach(event.time)
    const at = this.#events.findLastIndex((held) => this.#options.compare(held, event) <= 0)
    const before = this.#events[at]
    if (before !== undefined && this.#options.compare(before, event) === 0) return 'unchanged'
    if (this.#events.length >= mostEvents) return full
    this.#events.splice(at + 1, 0, event)
    this.#dirty.add(period)
    this.#first = Math.min(this.#first, period)
    this.#last = Math.max(this.#last, event.time)
    return 'accepted'
  }

  /** Lets time pass without an event: periods before it are over. Does nothing before the first event. */
  pass(time: number): void {
    if (!Number.isNaN(this.#from)) this.#reach(time)
  }

  /** Begin of the earliest period with an event, which may have had others before that nobody sent; Infinity before there is one. */
  get first(): number {
    return this.#first
  }

  /** What is known of the period that begins at a moment, up to now. */
  part(openTime: number): Part | undefined {
    if (!(openTime >= this.#from)) return this.#closed.get(openTime)
    const { barMs, fold } = this.#options
    const older = fold(this.#carry, this.#period(this.#from))
    if (openTime === this.#from) return older.part
    return openTime === this.#from + barMs && this.#newest >= openTime ? fold(older.carry, this.#period(openTime)).part : undefined
  }

  /** Time of the newest event; -Infinity before there is one. */
  get last(): number {
    return this.#last
  }

  /** Begins of the periods that are over, as a later one has begun, and have changed since the last time that this was asked. */
  takeOver(): number[] {
    const over = [...this.#dirty].filter((openTime) => openTime < this.#periodOf(this.#newest))
    for (const openTime of over) this.#dirty.delete(openTime)
    return over
  }

  #periodOf(time: number): number {
    return Math.floor(time / this.#options.barMs) * this.#options.barMs
  }

  #period(openTime: number): Period<Event> {
    const { barMs } = this.#options
    const events = this.#events.filter(({ time }) => time >= openTime && time < openTime + barMs)
    return { openTime, barMs, events }
  }

  /** Time has come so far: a period that begins makes the one before it known, with events or without. */
  #reach(time: number): void {
    const period = this.#periodOf(time)
    const before = this.#periodOf(this.#newest)
    this.#newest = Math.max(this.#newest, time)
    if (period <= before) return
    this.#advance(period)
    if (before > -Infinity) this.#dirty.add(period - this.#options.barMs)
  }

  /** Closes periods until the given one is the newest that is held. */
  #advance(newest: number): void {
    const { barMs, fold } = this.#options
    const until = newest - barMs
    while (this.#from < until) {
      const { part, carry } = fold(this.#carry, this.#period(this.#from))
      if (part !== undefined) this.#remember(this.#from, part)
      this.#carry = carry
      this.#from += barMs
      this.#events = this.#events.filter(({ time }) => time >= this.#from)
      if (this.#events.length === 0) this.#from = Math.max(this.#from, until - periodsRemembered * barMs)
    }
  }

  #remember(openTime: number, part: Part): void {
    this.#dirty.add(openTime)
    this.#closed.set(openTime, part)
    if (this.#closed.size <= periodsRemembered) return
    const oldest = this.#closed.keys().next().value as number
    this.#closed.delete(oldest)
    this.#dirty.delete(oldest)
  }
}
