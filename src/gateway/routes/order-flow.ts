import { FlowResponse, IngestBooksRequest, IngestTicksRequest, toBook, toTrade } from '../../contracts/flow-requests.ts'
import { defineRoute, type Route } from '../route.ts'

const shared = { method: 'POST', scope: 'market:write', tag: 'Market data', answer: FlowResponse, codes: ['invalid_symbol'] } as const

const ticks = defineRoute({
  ...shared,
  path: '/market/ticks',
  summary: 'Trades in, in any order within a minute; the same trade twice counts once; they become order flow of the 1m bars',
  body: IngestTicksRequest,
  handle: ({ body }, { flow }) => flow.trades(body.symbol, body.ticks.map(toTrade)),
})

const books = defineRoute({
  ...shared,
  path: '/market/books',
  summary: 'Snapshots of order books in, in any order within a minute; they become spread, depth and imbalance of the 1m bars',
  body: IngestBooksRequest,
  handle: ({ body }, { flow }) => flow.books(body.symbol, body.books.map(toBook)),
})

/** POST /market/ticks and POST /market/books. */
export const orderFlowRoutes: readonly Route[] = [ticks, books]
