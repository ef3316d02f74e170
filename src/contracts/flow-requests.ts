import Type, { type Static } from 'typebox'
import { type Book, type FlowReport, type Funding, type Trade, usualPaymentAfter } from './flow.ts'
import { SymbolText } from './market.ts'

const strict = { additionalProperties: false } as const

/** Most rows in one body of POST /market/ticks or /market/books. */
export const maxFlowRowsPerPost = 10_000

const Side = Type.Union([Type.Literal('buy'), Type.Literal('sell'), Type.Null()])
const Id = Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Integer()])

/** One trade: side and id may be left out, and a side that is not known is null. */
export const TickRow = Type.Tuple([Type.Integer(), Type.Number(), Type.Number(), Side, Id], {
  minItems: 3,
  description: '[time_ms, price, size, side of the taker, id]; the last two may be left out',
})
const Levels = Type.Array(Type.Tuple([Type.Number(), Type.Number()]), { maxItems: 50, description: '[price, size], best first' })
/** One snapshot of an order book. */
export const BookRow = Type.Tuple([Type.Integer(), Levels, Levels], { description: '[time_ms, bids, asks]' })

/** One funding rate; without a time of payment it is the next full 8 hours (UTC). */
export const FundingRow = Type.Tuple([Type.Integer(), Type.Number(), Type.Integer()], {
  minItems: 2,
  description: '[time_ms from which it was known, rate, time_ms of its payment]; the last may be left out: then the next of 00:00, 08:00 and 16:00 UTC',
})

/** What a stream of trades or books begins with, and again where the symbol changes. */
export const FlowHead = Type.Object({ symbol: SymbolText }, strict)

/** Answer to a stream of lines: what became of its rows, and why the first 100 of the refused lines were. */
export const LinesResponse = Type.Object({
  accepted: Type.Integer(),
  unchanged: Type.Integer(),
  revised: Type.Optional(Type.Integer({ description: 'Bars only' })),
  late: Type.Optional(Type.Integer({ description: 'Trades and books only' })),
  quarantined: Type.Integer(),
  malformed: Type.Integer({ description: 'Lines that could not be read' }),
  refused: Type.Array(Type.Object({ line: Type.Integer({ description: 'Number of the line, from 1' }), reason: Type.String() })),
})
/** An answer to a stream of lines. */
export type LinesResponse = Static<typeof LinesResponse>

/** Body of POST /market/ticks. */
export const IngestTicksRequest = Type.Object({ symbol: SymbolText, ticks: Type.Array(TickRow, { minItems: 1, maxItems: maxFlowRowsPerPost }) }, strict)
/** Body of POST /market/books. */
export const IngestBooksRequest = Type.Object({ symbol: SymbolText, books: Type.Array(BookRow, { minItems: 1, maxItems: maxFlowRowsPerPost }) }, strict)

/** Body of POST /market/funding. */
export const IngestFundingRequest = Type.Object({ symbol: SymbolText, rates: Type.Array(FundingRow, { minItems: 1, maxItems: maxFlowRowsPerPost }) }, strict)

/** Answer of POST /market/ticks, /market/books and /market/funding: what became of the rows, and why the first 100 of the refused were. */
export const FlowResponse = Type.Object({
  accepted: Type.Integer(),
  unchanged: Type.Integer({ description: 'Known already' }),
  late: Type.Integer({ description: 'Older than the minute before the newest (funding rates: than all that are kept); they changed nothing' }),
  quarantined: Type.Integer(),
  refused: Type.Array(Type.Object({ index: Type.Integer({ description: 'Place in the array, from 0' }), reason: Type.String() })),
})

/** The trade that a checked row says. */
export function toTrade(row: Static<typeof TickRow>): Trade {
  const [time, price, size, side, id] = row as readonly [number, number, number, ('buy' | 'sell' | null)?, (string | number)?]
  return { time, price, size, ...(side ? { side } : {}), ...(id === undefined ? {} : { id: String(id) }) }
}

/** The book that a checked row says. */
export const toBook = ([time, bids, asks]: Static<typeof BookRow>): Book => ({ time, bids, asks })

/** The funding rate that a checked row says. */
export function toFunding(row: Static<typeof FundingRow>): Funding {
  const [time, rate, nextTime] = row as readonly [number, number, number?]
  return { time, rate, nextTime: nextTime ?? usualPaymentAfter(time) }
}

/** Where trades, books and funding rates go in. Throws `invalid_symbol`; impossible ones are told, not thrown. */
export interface FlowWrites {
  trades(symbol: string, trades: readonly Trade[]): FlowReport | Promise<FlowReport>
  books(symbol: string, books: readonly Book[]): FlowReport | Promise<FlowReport>
  funding(symbol: string, rates: readonly Funding[]): FlowReport | Promise<FlowReport>
}
