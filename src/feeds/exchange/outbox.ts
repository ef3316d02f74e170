import type { Clock } from '../../contracts/ports.ts'
import type { Timeframe } from '../../contracts/timeframe.ts'
import { clockToleranceMs } from '../../market/check-bar.ts'
import type { BarRow, BookRow, FeedBatch, TradeRow } from '../feed-message.ts'

type WaitingBar = { readonly symbol: string; readonly timeframe: Timeframe; readonly row: BarRow; readonly closeTime: number }
type Waiting<Row> = { readonly symbol: string; readonly row: Row }

/** Where batches go, what time it is, and who is told how many rows were dropped. */
export type OutboxDeps = { readonly send: (batch: FeedBatch) => void; readonly clock: Clock; readonly dropped: (rows: number) => void }

const most = { bars: 500, trades: 2_000, books: 500 } as const
const roomForBars = 5_000
const mostFlow = 50_000

function bySeries<Item extends Waiting<unknown>, Part>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  partOf: (items: readonly Item[]) => Part,
): Part[] {
  return [...Map.groupBy(items, nameOf).values()].map(partOf)
}

const rowsOf = <Row>(items: readonly Waiting<Row>[]) =>
  bySeries(
    items,
    ({ symbol }) => symbol,
    (part) => ({ symbol: (part[0] as Waiting<Row>).symbol, rows: part.map(({ row }) => row) }),
  )

/**
 * Rows on their way to the server: one batch at a time, the next when that is taken, so that rows gather while the server is busy and a lone row goes at once. Bars are never dropped (who fetches many waits for
 * `room`); of trades and books the oldest are, beyond 50,000. A bar whose end the machine's clock has not seen, because the exchange's is ahead, is held until it has.
 */
export class Outbox {
  readonly #deps: OutboxDeps
  #bars: WaitingBar[] = []
  #trades: Waiting<TradeRow>[] = []
  #books: Waiting<BookRow>[] = []
  #batch = 0
  #busy = false
  #roomy = Promise.withResolvers<void>()

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  bars(series: { readonly symbol: string; readonly timeframe: Timeframe; readonly barMs: number }, rows: readonly BarRow[]): void {
    const { symbol, timeframe, barMs } = series
    for (const row of rows) this.#bars.push({ symbol, timeframe, row, closeTime: row[0] + barMs })
    this.flush()
  }

  trades(symbol: string, rows: readonly TradeRow[]): void {
    for (const row of rows) this.#trades.push({ symbol, row })
    this.#trades = this.#cut(this.#trades)
    this.flush()
  }

  book(symbol: string, row: BookRow): void {
    this.#books.push({ symbol, row })
    this.#books = this.#cut(this.#books)
    this.flush()
  }

  /** Resolves when few bars wait. */
  async room(): Promise<void> {
    while (this.#bars.length > roomForBars) await this.#roomy.promise
  }

  /** The server has taken the batch: the next may go. */
  taken(): void {
    this.#busy = false
    this.#roomy.resolve()
    this.#roomy = Promise.withResolvers()
    this.flush()
  }

  /** Sends what may go; bars that were held go with one of the next calls. */
  flush(): void {
    if (this.#busy) return
    const bars = this.#takeBars()
    const trades = this.#trades.splice(0, most.trades)
    const books = this.#books.splice(0, most.books)
    if (bars.length + trades.length + books.length === 0) return
    this.#busy = true
    this.#batch += 1
    const parts = bySeries(
      bars,
      ({ symbol, timeframe }) => `${symbol} ${timeframe}`,
      (part) => {
        const { symbol, timeframe } = part[0] as WaitingBar
        return { symbol, timeframe, rows: part.map(({ row }) => row) }
      },
    )
    this.#deps.send({ batch: this.#batch, bars: parts, trades: rowsOf(trades), books: rowsOf(books) })
  }

  #takeBars(): WaitingBar[] {
    const until = this.#deps.clock.now() + clockToleranceMs
    const going: WaitingBar[] = []
    const staying: WaitingBar[] = []
    for (const bar of this.#bars) (bar.closeTime <= until && going.length < most.bars ? going : staying).push(bar)
    this.#bars = staying
    return going
  }

  #cut<Item>(items: Item[]): Item[] {
    if (items.length <= mostFlow) return items
    this.#deps.dropped(items.length - mostFlow)
    return items.slice(-mostFlow)
  }
}
