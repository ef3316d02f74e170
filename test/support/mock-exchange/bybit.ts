import { type Channel, decimal, decimals, type Market, type MockBook, type Shown, type Wire } from './wire.ts'

// The shapes are those of Bybit's public documentation (v5: instruments-info, kline, time; web socket: kline, publicTrade, orderbook, ping).

const topics: Readonly<Record<string, Channel>> = { kline: 'bars', publicTrade: 'trades', orderbook: 'books' }
const bookDepth = 50
const result = (value: object, { now }: Shown): object => ({ retCode: 0, retMsg: 'OK', result: value, retExtInfo: {}, time: now })

const instruments = ({ markets }: Shown): object => ({
  category: 'spot',
  list: markets.map(({ id, base, quote }) => ({
    symbol: id,
    baseCoin: base,
    quoteCoin: quote,
    innovation: '0',
    status: 'Trading',
    marginTrading: 'none',
    lotSizeFilter: {
      basePrecision: '0.000001',
      quotePrecision: '0.00000001',
      minOrderQty: '0.00004',
      maxOrderQty: '63.01',
      minOrderAmt: '1',
      maxOrderAmt: '100000',
    },
    priceFilter: { tickSize: '0.01' },
  })),
})

function answer({ pathname, searchParams }: URL, shown: Shown): object {
  if (pathname === '/v5/market/instruments-info') return result(instruments(shown), shown)
  if (pathname === '/v5/market/time') return result({ timeSecond: String(Math.floor(shown.now / 1_000)), timeNano: `${shown.now}000000` }, shown)
  const market = shown.markets.find(({ id }) => id === searchParams.get('symbol'))
  if (market === undefined) return { retCode: 10001, retMsg: 'Not supported symbols', result: {}, retExtInfo: {}, time: shown.now }
  const bars = shown.bars(market, Number(searchParams.get('start'))).slice(0, Number(searchParams.get('limit')))
  const rows = bars.map(({ openTime, open, high, low, close, volume }) => [String(openTime), ...[open, high, low, close, volume, volume * close].map(decimal)])
  return result({ category: 'spot', symbol: market.id, list: rows.toReversed() }, shown)
}

const bookMessage = ({ id }: Market, { last, bids, asks }: MockBook, about: { readonly type: 'snapshot' | 'delta'; readonly ts: number }): object => ({
  topic: `orderbook.${bookDepth}.${id}`,
  ...about,
  data: { s: id, b: decimals(bids), a: decimals(asks), u: last, seq: 7_961_638_724 + last },
  cts: about.ts,
})

function hear(message: object, shown: Shown) {
  const { op, req_id, args = [] } = message as { readonly op: string; readonly req_id: string; readonly args?: readonly string[] }
  const about = { success: true, ret_msg: op === 'ping' ? 'pong' : op, conn_id: '2324d924-aa4d-45b0-a858-7b8be29ab52b', req_id, op }
  const wishes = args.flatMap((topic) => {
    const [kind = '', , id = topic.split('.')[1]] = topic.split('.')
    const [channel, market] = [topics[kind], shown.markets.find((one) => one.id === id)]
    return channel && market ? [{ channel, market }] : []
  })
  const books = wishes.filter(({ channel }) => channel === 'books')
  return { replies: [about, ...books.map(({ market }) => bookMessage(market, shown.book(market), { type: 'snapshot', ts: shown.now }))], wishes }
}

/** Bybit's spot market: it says `confirm` when a bar is closed, answers with the newest bar first, and sends a snapshot of a book before its changes, whose numbers ccxt leaves alone. */
export const bybit: Wire = {
  exchange: 'bybit',
  saysClosed: true,
  showsEmptyBars: true,
  numbersBooks: false,
  pastOnSubscribe: 0,
  mostBars: Infinity,
  barsPath: '/v5/market/kline',
  socketPath: '/v5/public/spot',
  hello: [],
  heartbeat: [],
  garbage: ['{"topic":"kline.1.BTCUSDT"}', '{"topic":"kline.1.BTCUSDT","type":"snapshot","data":[{"start":"x","interval":"1","confirm":true}]}'],
  idOf: (base, quote) => `${base}${quote}`,
  urls: (port) => ({ 'https://api.bybit.com': `http://127.0.0.1:${port}`, 'wss://stream.bybit.com': `ws://127.0.0.1:${port}` }),
  answer,
  hear,
  bar: ({ id }, { openTime, open, high, low, close, volume }, { barMs, closed }) => {
    const ts = openTime + (closed ? barMs : barMs / 2)
    const interval = String(barMs / 60_000)
    const prices = { open: decimal(open), close: decimal(close), high: decimal(high), low: decimal(low) }
    const sums = { volume: decimal(volume), turnover: decimal(volume * close) }
    return {
      topic: `kline.${interval}.${id}`,
      data: [{ start: openTime, end: openTime + barMs - 1, interval, ...prices, ...sums, confirm: closed, timestamp: ts }],
      ts,
      type: 'snapshot',
    }
  },
  trade: (market, { id, time, price, size, buyerIsMaker }) => ({
    topic: `publicTrade.${market.id}`,
    type: 'snapshot',
    ts: time,
    data: [
      {
        i: String(2_290_000_000_000_000 + id),
        T: time,
        p: decimal(price),
        v: decimal(size),
        S: buyerIsMaker ? 'Sell' : 'Buy',
        s: market.id,
        BT: false,
        RPI: false,
      },
    ],
  }),
  bookChange: (market, change, time) => bookMessage(market, change, { type: 'delta', ts: time }),
}
