import type { SeriesKey } from '../../contracts/bar.ts'
import { type Book, type Flow, type Funding, noFlow, type Trade } from '../../contracts/flow.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import { type BookSummary, summarise } from './book-summary.ts'
import { type BookFlow, compareBooks, foldBooks } from './fold-books.ts'
import { compareTrades, foldTrades, type TradeCarry, type TradePart } from './fold-trades.ts'
import { FundingLedger } from './funding-ledger.ts'
import { Tape } from './tape.ts'

/** The bars that trades and books go into; longer ones are made from them. Funding rates go into whatever bars come in. */
export const flowTimeframe: Timeframe = '1m'

const barMs = timeframes[flowTimeframe]
const tradeTape = () => new Tape<Trade, TradeCarry, TradePart>({ barMs, compare: compareTrades, fold: foldTrades })
const bookTape = () => new Tape<BookSummary, BookSummary, BookFlow>({ barMs, compare: compareBooks, fold: foldBooks })

type Tapes = { readonly trades: ReturnType<typeof tradeTape>; readonly books: ReturnType<typeof bookTape>; readonly funding: FundingLedger }

/** Trades, books and funding rates of every symbol on their way into bars. */
export class FlowTapes {
  readonly #bySymbol = new Map<string, Tapes>()

  addTrade(symbol: string, trade: Trade): ReturnType<Tapes['trades']['add']> {
    return this.#of(symbol).trades.add(trade)
  }

  addBook(symbol: string, book: Book): ReturnType<Tapes['books']['add']> {
    return this.#of(symbol).books.add(summarise(book))
  }

  addFunding(symbol: string, funding: Funding): ReturnType<FundingLedger['add']> {
    return this.#of(symbol).funding.add(funding)
  }

  /** Earliest moment from which another funding rate of a symbol is known than at the last call; Infinity if none is. */
  takeFundingChange(symbol: string): number {
    return this.#of(symbol).funding.takeChange()
  }

  /** What the trades of a whole period say, up to now; undefined for the first one with a trade, of which others may not have been sent, and for those before. */
  tradesOf(symbol: string, openTime: number): TradePart | undefined {
    const { trades } = this.#of(symbol)
    return openTime > trades.first ? trades.part(openTime) : undefined
  }

  /** Lets time pass for the trades of a symbol: minutes before it are over. */
  passTrades(symbol: string, time: number): void {
    this.#of(symbol).trades.pass(time)
  }

  /** Symbols whose last trade is not older than a moment. */
  *tradedSince(moment: number): Generator<string> {
    for (const [symbol, { trades }] of this.#bySymbol) if (trades.last >= moment) yield symbol
  }

  /** What was observed in the period of a bar, up to now; undefined if nothing was. */
  observed({ symbol, timeframe }: SeriesKey, openTime: number): Flow | undefined {
    const tapes = this.#bySymbol.get(symbol)
    const folded = timeframe === flowTimeframe ? tapes : undefined
    const [trades, books] = [folded?.trades.part(openTime), folded?.books.part(openTime)]
    const funding = tapes?.funding.before(openTime + timeframes[timeframe])
    return trades || books || funding ? { ...noFlow, ...trades?.flow, ...books, ...funding } : undefined
  }

  /** Begins of the periods of a symbol that are over and have changed since the last call. */
  takeOver(symbol: string): number[] {
    const { trades, books } = this.#of(symbol)
    return [...new Set([...trades.takeOver(), ...books.takeOver()])].toSorted((a, b) => a - b)
  }

  #of(symbol: string): Tapes {
    const known = this.#bySymbol.get(symbol) ?? { trades: tradeTape(), books: bookTape(), funding: new FundingLedger() }
    this.#bySymbol.set(symbol, known)
    return known
  }
}
