import type { BarInput } from '../../../src/market/check-bar.ts'
import { type Channel, decimal, decimals, type Market, type Shown, type Wire } from './wire.ts'

// The shapes are those of Binance's public documentation (spot API: exchangeInfo, klines, depth, time; web socket streams: kline, trade, depth).

const exchangeInfo = ({ markets, now }: Shown): object => ({
  timezone: 'UTC',
  serverTime: now,
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

const klineRow = ({ openTime, open, high, low, close, volume }: BarInput, barMs: number): unknown[] => [
  openTime,
  ...[open, high, low, close, volume].map(decimal),
  openTime + barMs - 1,
  decimal(volume * close),
  100,
  decimal(volume / 2),
  decimal((volume * close) / 2),
  '0',
]

function answer({ pathname, searchParams }: URL, shown: Shown): object {
  if (pathname === '/api/v3/exchangeInfo') return exchangeInfo(shown)
  if (pathname === '/api/v3/time') return { serverTime: shown.now }
  const market = shown.markets.find(({ id }) => id === searchParams.get('symbol'))
  if (market === undefined) return { code: -1121, msg: 'Invalid symbol.' }
  if (pathname === '/api/v3/depth') {
    const { last, bids, asks } = shown.book(market)
    return { lastUpdateId: last, bids: decimals(bids), asks: decimals(asks) }
  }
  const bars = shown.bars(market, Number(searchParams.get('startTime')))
  return bars.slice(0, Number(searchParams.get('limit'))).map((bar) => klineRow(bar, shown.barMs))
}

const streams: Readonly<Record<string, Channel>> = { kline: 'bars', trade: 'trades', depth: 'books' }

/** `btcusdt@kline_1m` as the channel and market that it means. */
function wishesOf(stream: string, markets: readonly Market[]) {
  const [id = '', kind = ''] = stream.split('@')
  const channel = streams[kind.split('_')[0] as string]
  const market = markets.find((one) => one.id.toLowerCase() === id)
  return channel && market ? [{ channel, market }] : []
}

/** Binance's spot market: it says when a bar is closed and numbers the changes of its books, which begin with a snapshot by REST. */
export const binance: Wire = {
  exchange: 'binance',
  saysClosed: true,
  showsEmptyBars: true,
  numbersBooks: true,
  pastOnSubscribe: 0,
  mostBars: Infinity,
  bookPath: '/api/v3/depth',
  barsPath: '/api/v3/klines',
  socketPath: '/stream',
  hello: [],
  heartbeat: [],
  garbage: ['{"e":"kline"}', '{"e":"kline","k":{"t":"x","s":"BTCUSDT","i":"1m","x":true}}'],
  idOf: (base, quote) => `${base}${quote}`,
  urls: (port) => ({ 'https://api.binance.com': `http://127.0.0.1:${port}`, 'wss://stream.binance.com:9443': `ws://127.0.0.1:${port}/stream` }),
  answer,
  hear(message, { markets }) {
    const { method, params, id } = message as { readonly method: string; readonly params: readonly string[]; readonly id: number }
    if (method !== 'SUBSCRIBE') return { replies: [], wishes: [] }
    return { replies: [{ result: null, id }], wishes: params.flatMap((stream) => wishesOf(stream, markets)) }
  },
  bar: ({ id }, { openTime, open, high, low, close, volume }, { barMs, timeframe, closed }) => ({
    e: 'kline',
    E: openTime + (closed ? barMs : barMs / 2),
    s: id,
    k: {
      t: openTime,
      T: openTime + barMs - 1,
      s: id,
      i: timeframe,
      f: 100,
      L: 200,
      o: decimal(open),
      c: decimal(close),
      h: decimal(high),
      l: decimal(low),
      v: decimal(volume),
      n: 100,
      x: closed,
      q: decimal(volume * close),
      V: decimal(volume / 2),
      Q: decimal((volume * close) / 2),
      B: '0',
    },
  }),
  trade: (market, { id, time, price, size, buyerIsMaker }) => ({
    e: 'trade',
    E: time,
    s: market.id,
    t: id,
    p: decimal(price),
    q: decimal(size),
    T: time,
    m: buyerIsMaker,
    M: true,
  }),
  bookChange: ({ id }, { last, bids, asks }, time) => ({ e: 'depthUpdate', E: time, s: id, U: last, u: last, b: decimals(bids), a: decimals(asks) }),
}
