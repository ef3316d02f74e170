import Type from 'typebox'
import {
  BookRow,
  FlowHead,
  FlowResponse,
  FundingRow,
  IngestBooksRequest,
  IngestFundingRequest,
  IngestTicksRequest,
  LinesResponse,
  TickRow,
  toBook,
  toFunding,
  toTrade,
} from '../../contracts/flow-requests.ts'
import type { FlowReport } from '../../contracts/flow.ts'
import { defineLines, type Taken } from '../line-intake.ts'
import { defineRoute, type Route } from '../route.ts'
import { streamBudgetMs } from './market.ts'

const shared = {
  method: 'POST',
  scope: 'market:write',
  tag: 'Market data',
  answer: Type.Union([FlowResponse, LinesResponse]),
  codes: ['invalid_symbol', 'not_the_writer', 'online_store_unavailable'],
  budgetMs: streamBudgetMs,
} as const

const taken = ({ refused, ...counts }: FlowReport): Taken => ({ counts, refused })

const ticks = defineRoute({
  ...shared,
  path: '/market/ticks',
  summary:
    'Trades in, in any order within a minute; the same trade twice counts once; they become order flow of the 1m bars, or make these bars (setting market.barsFromTrades)',
  body: IngestTicksRequest,
  lines: defineLines({ head: FlowHead, row: TickRow, take: async ({ symbol }, rows, { flow }) => taken(await flow.trades(symbol, rows.map(toTrade))) }),
  handle: ({ body }, { flow }) => flow.trades(body.symbol, body.ticks.map(toTrade)),
})

const books = defineRoute({
  ...shared,
  path: '/market/books',
  summary: 'Snapshots of order books in, in any order within a minute; they become spread, depth and imbalance of the 1m bars',
  body: IngestBooksRequest,
  lines: defineLines({ head: FlowHead, row: BookRow, take: async ({ symbol }, rows, { flow }) => taken(await flow.books(symbol, rows.map(toBook))) }),
  handle: ({ body }, { flow }) => flow.books(body.symbol, body.books.map(toBook)),
})

const funding = defineRoute({
  ...shared,
  path: '/market/funding',
  summary: 'Funding rates of a perpetual in, each with the moment from which it was known; bars that close after it have it until its payment',
  body: IngestFundingRequest,
  lines: defineLines({ head: FlowHead, row: FundingRow, take: async ({ symbol }, rows, { flow }) => taken(await flow.funding(symbol, rows.map(toFunding))) }),
  handle: ({ body }, { flow }) => flow.funding(body.symbol, body.rates.map(toFunding)),
})

/** POST /market/ticks, POST /market/books and POST /market/funding. */
export const orderFlowRoutes: readonly Route[] = [ticks, books, funding]
