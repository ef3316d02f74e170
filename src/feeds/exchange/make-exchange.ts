import { meant } from '../../contracts/nearest-names.ts'
import type { FeedSettings } from '../feed-settings.ts'
import type { CcxtExchange } from './ccxt-port.ts'

/** What the operator has to change before a feed can work; everything else may pass by itself. */
export class FeedRefusal extends Error {
  override readonly name = 'FeedRefusal'
}

type Make = new (settings: object) => CcxtExchange
type Ccxt = { readonly pro: Readonly<Record<string, Make>> & { readonly exchanges: readonly string[] } }

const candlesKept = 100

const suggest = (text: string, names: Iterable<string>): string => meant(text, names, 5)

/** Replaces the beginnings of addresses wherever they stand; ccxt leaves the host's name out of some until they are asked. */
function redirect(value: unknown, urls: Readonly<Record<string, string>>, hostname = ''): unknown {
  if (typeof value === 'string') {
    const whole = value.replaceAll('{hostname}', hostname)
    const from = Object.keys(urls).find((start) => whole.startsWith(start))
    return from === undefined ? value : `${urls[from]}${whole.slice(from.length)}`
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redirect(inner, urls, hostname)]))
}

/** Exchanges load the markets of futures as well unless they are told not to: with symbols of spot markets alone nobody needs them. */
function spotOnly(exchange: CcxtExchange, symbols: readonly string[]): object {
  const known = exchange.options['fetchMarkets'] as { readonly types?: readonly string[] } | undefined
  const narrow = Array.isArray(known?.types) && known.types.includes('spot') && symbols.every((symbol) => !symbol.includes(':'))
  return narrow ? { fetchMarkets: { ...known, types: ['spot'] } } : {}
}

/** An exchange of ccxt, made but not asked anything. Loads ccxt, which takes a second and 100 MB. Throws `FeedRefusal` with the ids that come near when there is none of that id. */
export async function makeExchange({ exchange: id, symbols, sandbox, urls, options }: FeedSettings): Promise<CcxtExchange> {
  const { pro } = (await import('ccxt')).default as unknown as Ccxt
  const Exchange = pro.exchanges.includes(id) ? pro[id] : undefined
  if (Exchange === undefined) throw new FeedRefusal(`ccxt has no exchange ${JSON.stringify(id)} with streams${suggest(id, pro.exchanges)}`)
  // Whole caches come back at every update, from which what is new is told by time; waiting before the next attempt is the feed's own business.
  const exchange = new Exchange({ options: { newUpdates: false, OHLCVLimit: candlesKept, ws: { backoff: { max: 0 } } } })
  if (sandbox) exchange.setSandboxMode(true)
  exchange.urls = redirect(exchange.urls, urls, exchange.hostname)
  if (Object.values(urls).some((url) => url.startsWith('ws:'))) await exchange.loadHttpProxyAgent()
  Object.assign(exchange.options, spotOnly(exchange, symbols), options)
  return exchange
}

function checkTimeframes({ id, timeframes: known }: CcxtExchange, timeframes: readonly string[]): void {
  for (const timeframe of timeframes)
    if (!Object.hasOwn(known, timeframe)) throw new FeedRefusal(`${id} has no ${timeframe} bars; it has ${Object.keys(known).join(', ')}`)
}

/** Asks for the exchange's markets and checks that it has what is wanted. Throws `FeedRefusal`, and what ccxt throws when the exchange cannot be asked. */
export async function checkMarkets(exchange: CcxtExchange, { symbols, timeframes, streams }: FeedSettings): Promise<void> {
  await exchange.loadMarkets()
  for (const symbol of symbols)
    if (!Object.hasOwn(exchange.markets, symbol))
      throw new FeedRefusal(`${exchange.id} has no market ${symbol}${suggest(symbol, Object.keys(exchange.markets))}`)
  const methods = { trades: 'watchTrades', books: 'watchOrderBook', bars: 'fetchOHLCV' } as const
  for (const stream of streams) if (!exchange.has[methods[stream]]) throw new FeedRefusal(`${exchange.id} gives no ${stream} through ccxt`)
  if (streams.includes('bars')) checkTimeframes(exchange, timeframes)
}
