import type { Bar } from '../../contracts/bar.ts'
import type { Book, FlowReport, Funding, Trade } from '../../contracts/flow.ts'
import { ServingError } from '../../contracts/error.ts'
import type { Counter, Meter } from '../../contracts/meter.ts'
import type { MetricName } from '../../contracts/metrics.ts'
import type { Clock } from '../../contracts/ports.ts'
import { isSymbol } from '../../contracts/symbol.ts'
import type { SeriesStore } from '../series-store.ts'
import { bookFault, fundingFault, tradeFault } from './flow-faults.ts'
import { type FlowTapes, flowTimeframe } from './flow-tapes.ts'
import type { FlowLog } from './flow-log.ts'
import type { TradeBars } from './trade-bars.ts'

/** What order flow needs: where it is folded, whose bars it goes into, what makes bars of trades, and what keeps trades and books as they came, if anything does. */
export type OrderFlowDeps = {
  readonly tapes: FlowTapes
  readonly store: Pick<SeriesStore, 'observe' | 'all'>
  readonly clock: Clock
  readonly meter: Meter
  readonly bars?: TradeBars
  readonly log?: Pick<FlowLog, 'trades' | 'books'>
}

const results = ['accepted', 'unchanged', 'late', 'quarantined'] as const
type Counters = Readonly<Record<(typeof results)[number], Counter>>
/** Whose events, how they are counted, and what keeps those that are accepted, if anything does. */
type Target<Event> = { readonly symbol: string; readonly counters: Counters; readonly keep?: ((symbol: string, events: readonly Event[]) => void) | undefined }

type FlowOutcome = { readonly counts: Omit<FlowReport, 'refused'>; readonly refused: FlowReport['refused'] }

const reasonsTold = 100
/** How long after its end a minute is given by the clock to the trades that are still on their way. */
const graceMs = 2_000

/** Adds events one by one; says what became of them, and puts those that were accepted into `kept`, if it is there. */
function addAll<Event>(events: readonly Event[], add: (event: Event) => string, kept: Event[] | undefined): FlowOutcome {
  const counts = { accepted: 0, unchanged: 0, late: 0, quarantined: 0 }
  const refused: { readonly index: number; readonly reason: string }[] = []
  for (const [index, event] of events.entries()) {
    const result = add(event)
    if (result === 'accepted') kept?.push(event)
    if (result === 'accepted' || result === 'unchanged' || result === 'late') counts[result] += 1
    else {
      counts.quarantined += 1
      if (refused.length < reasonsTold) refused.push({ index, reason: result })
    }
  }
  return { counts, refused }
}

/** Takes trades, books and funding rates of a symbol in any order. What they say of a minute goes into its bar: when that comes, or as a revision once the minute is over. */
export class OrderFlow {
  readonly #deps: OrderFlowDeps
  readonly #trades: Counters
  readonly #books: Counters
  readonly #funding: Counters
  constructor(deps: OrderFlowDeps) {
    this.#deps = deps
    const counters = (name: MetricName<'counter'>) => Object.fromEntries(results.map((result) => [result, deps.meter.counter(name, { result })])) as Counters
    this.#trades = counters('market_ticks_total')
    this.#books = counters('market_books_total')
    this.#funding = counters('market_funding_total')
  }

  /** Takes trades; impossible ones are counted and told. Throws `invalid_symbol`. */
  trades(symbol: string, trades: readonly Trade[]): FlowReport {
    const { tapes, clock, log } = this.#deps
    const now = clock.now()
    const report = this.#take({ symbol, counters: this.#trades, keep: log?.trades }, trades, (trade) => tradeFault(trade, now) ?? tapes.addTrade(symbol, trade))
    this.#observeMinutes(symbol)
    return report
  }

  /** Takes snapshots of the order book; impossible ones are counted and told. Throws `invalid_symbol`. */
  books(symbol: string, books: readonly Book[]): FlowReport {
    const { tapes, clock, log } = this.#deps
    const now = clock.now()
    const report = this.#take({ symbol, counters: this.#books, keep: log?.books }, books, (book) => bookFault(book, now) ?? tapes.addBook(symbol, book))
    this.#observeMinutes(symbol)
    return report
  }

  /** Takes funding rates, each with the moment from which it was known: bars that closed after it have it. Impossible ones are counted and told. Throws `invalid_symbol`. */
  funding(symbol: string, rates: readonly Funding[]): FlowReport {
    const { tapes, store, clock } = this.#deps
    const now = clock.now()
    const report = this.#take({ symbol, counters: this.#funding }, rates, (rate) => fundingFault(rate, now) ?? tapes.addFunding(symbol, rate))
    const from = tapes.takeFundingChange(symbol)
    for (const series of [...store.all()].filter(({ key }) => key.symbol === symbol)) {
      const bars = series.slice(series.positionFrom(from - series.barMs + 1), series.length)
      store.observe(
        series.key,
        bars.map(({ openTime }) => openTime),
      )
    }
    return report
  }

  /** Takes over what was known of a symbol's funding when the process ended, as its newest bar says. */
  restoreFunding(symbol: string, { closeTime, flow }: Bar): void {
    if (flow !== undefined && !Number.isNaN(flow.fundingRate))
      this.#deps.tapes.addFunding(symbol, { time: closeTime - 1, rate: flow.fundingRate, nextTime: flow.nextFundingTime })
  }

  /** Ends minutes that are over by the clock although no later trade has come, of series that are live and made of trades. */
  pass(): void {
    const { bars, tapes, clock } = this.#deps
    const now = clock.now()
    for (const symbol of bars?.live(now) ?? []) {
      tapes.passTrades(symbol, now - graceMs)
      this.#observeMinutes(symbol)
    }
  }

  #observeMinutes(symbol: string): void {
    const { tapes, bars, store } = this.#deps
    const over = tapes.takeOver(symbol)
    bars?.build(symbol, over)
    store.observe({ symbol, timeframe: flowTimeframe }, over)
  }

  #take<Event>({ symbol, counters, keep }: Target<Event>, events: readonly Event[], add: (event: Event) => string): FlowReport {
    if (!isSymbol(symbol)) throw new ServingError('invalid_symbol', `${JSON.stringify(symbol.slice(0, 100))} is not a symbol: write BASE/QUOTE, e.g. BTC/USDT`)
    const kept: Event[] | undefined = keep && []
    const { counts, refused } = addAll(events, add, kept)
    if (kept && kept.length > 0) keep?.(symbol, kept)
    for (const result of results) if (counts[result] > 0) counters[result].add(counts[result])
    return { ...counts, refused }
  }
}
