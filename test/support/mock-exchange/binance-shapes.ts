import type { BarInput } from '../../../src/market/check-bar.ts'

/** A market of the mock: its symbol in ccxt's words, and in the exchange's. */
export type Market = { readonly symbol: string; readonly id: string; readonly base: string; readonly quote: string }

/** `BTC/USDT` as the mock's market. */
export function marketOf(symbol: string): Market {
  const [base = '', quote = ''] = symbol.split('/')
  return { symbol, base, quote, id: `${base}${quote}` }
}

const text = (value: number): string => value.toFixed(8)

// The shapes below are those of Binance's public documentation (spot API: exchangeInfo, klines, depth, time; web socket streams: kline, trade, depth).

/** GET /api/v3/exchangeInfo. */
export const exchangeInfo = (markets: readonly Market[], serverTime: number): object => ({
  timezone: 'UTC',
  serverTime,
  rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
  exchangeFilters: [],
  symbols: markets.map(({ id, base, quote }) => ({
    symbol: id,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    icebergAllowed: true,
    ocoAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.01000000', maxPrice: '1000000.00000000', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
  })),
})

/** A row of GET /api/v3/klines. */
export const klineRow = ({ openTime, open, high, low, close, volume }: BarInput, barMs: number): unknown[] => [
  openTime,
  text(open),
  text(high),
  text(low),
  text(close),
  text(volume),
  openTime + barMs - 1,
  text(volume * close),
  100,
  text(volume / 2),
  text((volume * close) / 2),
  '0',
]

/** A message of the stream `SYMBOL@kline_INTERVAL`. */
export const klineEvent = (
  id: string,
  { openTime, open, high, low, close, volume }: BarInput,
  about: { readonly barMs: number; readonly interval: string; readonly closed: boolean },
): object => ({
  e: 'kline',
  E: openTime + (about.closed ? about.barMs : about.barMs / 2),
  s: id,
  k: {
    t: openTime,
    T: openTime + about.barMs - 1,
    s: id,
    i: about.interval,
    f: 100,
    L: 200,
    o: text(open),
    c: text(close),
    h: text(high),
    l: text(low),
    v: text(volume),
    n: 100,
    x: about.closed,
    q: text(volume * close),
    V: text(volume / 2),
    Q: text((volume * close) / 2),
    B: '0',
  },
})

/** A trade of the mock; `buyerIsMaker` means that the taker sold. */
export type MockTrade = { readonly id: number; readonly time: number; readonly price: number; readonly size: number; readonly buyerIsMaker: boolean }

/** A message of the stream `SYMBOL@trade`. */
export const tradeEvent = (market: string, { id, time, price, size, buyerIsMaker }: MockTrade): object => ({
  e: 'trade',
  E: time,
  s: market,
  t: id,
  p: text(price),
  q: text(size),
  T: time,
  m: buyerIsMaker,
  M: true,
})

/** What changed in an order book, with the numbers of its first and last update. */
export type MockDepth = {
  readonly time: number
  readonly first: number
  readonly last: number
  readonly bids: readonly (readonly [number, number])[]
  readonly asks: readonly (readonly [number, number])[]
}

const levels = (side: MockDepth['bids']): string[][] => side.map(([price, size]) => [text(price), text(size)])

/** A message of the stream `SYMBOL@depth@100ms`. */
export const depthEvent = (id: string, { time, first, last, bids, asks }: MockDepth): object => ({
  e: 'depthUpdate',
  E: time,
  s: id,
  U: first,
  u: last,
  b: levels(bids),
  a: levels(asks),
})

/** GET /api/v3/depth. */
export const depthSnapshot = ({ last, bids, asks }: Pick<MockDepth, 'last' | 'bids' | 'asks'>): object => ({
  lastUpdateId: last,
  bids: levels(bids),
  asks: levels(asks),
})
