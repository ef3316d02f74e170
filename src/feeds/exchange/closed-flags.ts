import { isRecord } from '../../contracts/is-record.ts'

type Loose = Readonly<Record<string, unknown>>
/** A bar of which the exchange says that it is closed: market and interval in the exchange's own words (a market may be absent where the message does not repeat it), and its open time in ms. */
export type SaidClosed = { readonly market: string; readonly interval: string; readonly openTime: number }

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const rows = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Binance: `{"e":"kline","k":{"t":…,"s":"BTCUSDT","i":"1m","x":true}}`, alone or as the `data` of a combined stream. */
function binance(message: Loose): SaidClosed[] {
  const event = isRecord(message['data']) ? message['data'] : message
  const kline = event['k']
  if (event['e'] !== 'kline' || !isRecord(kline) || kline['x'] !== true) return []
  return [{ market: text(kline['s']), interval: text(kline['i']), openTime: Number(kline['t']) }]
}

/** Bybit: `{"topic":"kline.1.BTCUSDT","data":[{"start":…,"interval":"1","confirm":true}]}`. */
function bybit({ topic, data }: Loose): SaidClosed[] {
  const [kind, interval = '', market = ''] = text(topic).split('.')
  if (kind !== 'kline') return []
  return rows(data).flatMap((row) => (isRecord(row) && row['confirm'] === true ? [{ market, interval, openTime: Number(row['start']) }] : []))
}

/** OKX: `{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1629993600000",…,"1"]]}`; the ninth field is 1 when the bar is complete. */
function okx({ arg, data }: Loose): SaidClosed[] {
  if (!isRecord(arg) || !text(arg['channel']).startsWith('candle')) return []
  const [market, interval] = [text(arg['instId']), text(arg['channel']).slice('candle'.length)]
  return rows(data).flatMap((row) => (Array.isArray(row) && row[8] === '1' ? [{ market, interval, openTime: Number(row[0]) }] : []))
}

/** Gate: `{"channel":"spot.candlesticks","event":"update","result":{"t":"1606292580","n":"1m_BTC_USDT","w":true}}`. */
function gate({ channel, result }: Loose): SaidClosed[] {
  if (!text(channel).endsWith('.candlesticks') || !isRecord(result) || result['w'] !== true) return []
  const [interval = '', ...market] = text(result['n']).split('_')
  return [{ market: market.join('_'), interval, openTime: 1_000 * Number(result['t']) }]
}

/** Exchanges that say in their stream when a bar is closed, which ccxt does not pass on. Of all others a bar is closed when the next one begins. */
const byExchange: Readonly<Record<string, (message: Loose) => SaidClosed[]>> = {
  binance,
  binanceus: binance,
  binanceusdm: binance,
  binancecoinm: binance,
  bybit,
  okx,
  gate,
}

/** What a message of an exchange says about bars being closed; nothing for most. */
export const saidClosed = (exchange: string, message: unknown): readonly SaidClosed[] => (isRecord(message) ? (byExchange[exchange]?.(message) ?? []) : [])
