import type { BarInput } from '../../../src/market/check-bar.ts'
import { type Channel, decimal, type Levels, type Market, type MockTrade, type Shown, type Wire } from './wire.ts'

// The shapes are those of Kraken's public documentation (REST: Assets, AssetPairs, OHLC, Time; web socket v2: ohlc, trade, book, ping, heartbeat, status).

const mostBars = 720
const channels: Readonly<Record<string, Channel>> = { ohlc: 'bars', trade: 'trades', book: 'books' }
/** Kraken says XBT by REST and BTC in its stream. */
const ownName = (currency: string): string => (currency === 'BTC' ? 'XBT' : currency)
const assetOf = (currency: string): string => (currency === 'USDT' ? currency : `X${ownName(currency)}`)
const instant = (time: number): string => new Date(time).toISOString().replace('Z', '000Z')
const result = (value: object): object => ({ error: [], result: value })

const assets = ({ markets }: Shown): object =>
  Object.fromEntries(
    markets
      .flatMap(({ base, quote }) => [base, quote])
      .map((name) => [assetOf(name), { aclass: 'currency', altname: ownName(name), decimals: 10, display_decimals: 5, status: 'enabled' }]),
  )

const pairs = ({ markets }: Shown): object =>
  Object.fromEntries(
    markets.map(({ id, base, quote }) => [
      id,
      {
        altname: id,
        wsname: `${ownName(base)}/${quote}`,
        aclass_base: 'currency',
        base: assetOf(base),
        aclass_quote: 'currency',
        quote: assetOf(quote),
        lot: 'unit',
        cost_decimals: 5,
        pair_decimals: 2,
        lot_decimals: 8,
        lot_multiplier: 1,
        leverage_buy: [],
        leverage_sell: [],
        fees: [[0, 0.4]],
        fees_maker: [[0, 0.25]],
        fee_volume_currency: 'ZUSD',
        margin_call: 80,
        margin_stop: 40,
        ordermin: '0.00005',
        costmin: '0.5',
        tick_size: '0.01',
        status: 'online',
      },
    ]),
  )

/** At most 720 bars whatever is asked for, the newest, those after a moment; a minute without a trade is among them. */
function candles({ id }: Market, bars: readonly BarInput[], since: number): object {
  const rows = bars.slice(-mostBars).filter(({ openTime }) => openTime > since * 1_000)
  return {
    [id]: rows.map(({ openTime, open, high, low, close, volume }) => [
      openTime / 1_000,
      ...[open, high, low, close, volume > 0 ? close : 0, volume].map(decimal),
      volume > 0 ? 100 : 0,
    ]),
    last: (rows.at(-2)?.openTime ?? 0) / 1_000,
  }
}

function answer({ pathname, searchParams }: URL, shown: Shown): object {
  if (pathname === '/0/public/Assets') return result(assets(shown))
  if (pathname === '/0/public/AssetPairs') return result(pairs(shown))
  if (pathname === '/0/public/Time') return result({ unixtime: Math.floor(shown.now / 1_000), rfc1123: new Date(shown.now).toUTCString() })
  const market = shown.markets.find(({ id }) => id === searchParams.get('pair'))
  if (market === undefined) return { error: ['EQuery:Unknown asset pair'] }
  return result(candles(market, shown.bars(market, 0), Number(searchParams.get('since'))))
}

const candle = ({ symbol }: Market, { openTime, open, high, low, close, volume }: BarInput, { barMs }: Pick<Shown, 'barMs'>): object => ({
  symbol,
  open,
  high,
  low,
  close,
  trades: 12,
  volume,
  vwap: close,
  interval_begin: new Date(openTime).toISOString().replace('Z', '000000Z'),
  interval: barMs / 60_000,
  timestamp: instant(openTime + barMs),
})

const sides = (bids: Levels, asks: Levels): object => ({
  bids: bids.map(([price, qty]) => ({ price, qty })),
  asks: asks.map(([price, qty]) => ({ price, qty })),
  checksum: 2439117997,
})

const pastOnSubscribe = 2

/** The snapshot with which a subscription begins; trades have none unless it is asked for. */
function snapshot(channel: string, market: Market, shown: Shown): object[] {
  if (channel === 'trade') return []
  const { bids, asks } = shown.book(market)
  const traded = shown.bars(market, 0).filter(({ volume }) => volume > 0)
  const data =
    channel === 'book' ? [{ symbol: market.symbol, ...sides(bids, asks) }] : traded.slice(-pastOnSubscribe - 1).map((bar) => candle(market, bar, shown))
  return [{ channel, type: 'snapshot', timestamp: instant(shown.now), data }]
}

type Request = { readonly method: string; readonly req_id: number; readonly params: { readonly channel: string; readonly symbol: readonly string[] } }

function hear(message: object, shown: Shown) {
  const { method, req_id, params } = message as Request
  const about = { method, req_id, time_in: instant(shown.now), time_out: instant(shown.now) }
  if (method === 'ping') return { replies: [{ ...about, method: 'pong' }], wishes: [] }
  const channel = channels[params?.channel]
  if (method !== 'subscribe' || channel === undefined) return { replies: [{ ...about, success: false, error: 'Malformed request' }], wishes: [] }
  const markets = shown.markets.filter(({ symbol }) => params.symbol.includes(symbol))
  return {
    replies: markets.flatMap((market) => [
      { ...about, result: { channel: params.channel, symbol: market.symbol, snapshot: channel !== 'trades' }, success: true },
      ...snapshot(params.channel, market, shown),
    ]),
    wishes: markets.map((market) => ({ channel, market })),
  }
}

const tradeData = ({ symbol }: Market, { id, time, price, size, buyerIsMaker }: MockTrade): object => ({
  symbol,
  side: buyerIsMaker ? 'sell' : 'buy',
  price,
  qty: size,
  ord_type: 'market',
  trade_id: id,
  timestamp: instant(time),
})

/** Kraken's spot market: it never says that a bar is closed, shows bars only as they are traded, has 720 of them, sends some when one subscribes, and its books carry a checksum that ccxt leaves alone. */
export const kraken: Wire = {
  exchange: 'kraken',
  saysClosed: false,
  showsEmptyBars: false,
  numbersBooks: false,
  pastOnSubscribe,
  mostBars,
  barsPath: '/0/public/OHLC',
  socketPath: '/v2',
  hello: [{ channel: 'status', type: 'update', data: [{ version: '2.0.10', system: 'online', api_version: 'v2', connection_id: 6447481662169813 }] }],
  heartbeat: [{ channel: 'heartbeat' }],
  garbage: ['{"channel":"ohlc"}', '{"channel":"ohlc","type":"update","data":[{"symbol":"BTC/USDT","interval":1,"interval_begin":"x"}]}'],
  idOf: (base, quote) => `${ownName(base)}${quote}`,
  urls: (port) => ({ 'https://api.kraken.com': `http://127.0.0.1:${port}`, 'wss://ws.kraken.com': `ws://127.0.0.1:${port}` }),
  answer,
  hear,
  bar: (market, bar, about) => ({ channel: 'ohlc', type: 'update', timestamp: instant(bar.openTime + about.barMs / 2), data: [candle(market, bar, about)] }),
  trade: (market, trade) => ({ channel: 'trade', type: 'update', data: [tradeData(market, trade)] }),
  bookChange: ({ symbol }, { bids, asks }, time) => ({
    channel: 'book',
    type: 'update',
    data: [{ symbol, ...sides(bids, asks), timestamp: instant(time) }],
  }),
}
