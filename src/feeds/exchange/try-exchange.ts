import { formatInstant } from '../../contracts/instant.ts'
import type { Clock } from '../../contracts/ports.ts'
import { timeframes } from '../../contracts/timeframe.ts'
import type { FeedSettings, FeedStream } from '../feed-settings.ts'
import type { CcxtExchange } from './ccxt-port.ts'
import { checkMarkets, FeedRefusal, makeExchange } from './make-exchange.ts'
import { wordsOf } from './watch.ts'

/** One thing that was tried: what, whether it worked, and what came of it in words. */
export type Trial = { readonly what: string; readonly worked: boolean; readonly told: string }

const barsAsked = 3

type Question = (exchange: CcxtExchange, settings: FeedSettings, clock: Clock) => Promise<string>

const place = ({ symbols, timeframes: [timeframe = '1m'] }: FeedSettings) => ({ symbol: symbols[0] as string, timeframe })

const streams: Readonly<Record<FeedStream, Question>> = {
  async bars(exchange, settings) {
    const { symbol, timeframe } = place(settings)
    if (!exchange.has['watchOHLCV']) return `there is no stream of bars: they are asked for as they close`
    const [openTime = 0, , , , close] = (await exchange.watchOHLCV(symbol, timeframe)).at(-1) ?? []
    return `the bar of ${formatInstant(openTime)} is forming at ${close}`
  },
  async trades(exchange, settings) {
    const { price, amount, side } = (await exchange.watchTrades(place(settings).symbol)).at(-1) ?? {}
    return `${side ?? 'traded'} ${amount} at ${price}`
  },
  async books(exchange, settings) {
    const { bids, asks } = await exchange.watchOrderBook(place(settings).symbol)
    return `${bids[0]?.[0]} bid, ${asks[0]?.[0]} asked; ${Math.min(bids.length, asks.length)} levels on each side`
  },
}

const history: Question = async (exchange, settings, clock) => {
  const { symbol, timeframe } = place(settings)
  const candles = await exchange.fetchOHLCV(symbol, timeframe, clock.now() - barsAsked * timeframes[timeframe], barsAsked)
  const [openTime = 0, , , , close] = candles.at(-1) ?? []
  return candles.length === 0 ? 'no bars came' : `${candles.length} bars, the newest of ${formatInstant(openTime)} at ${close}`
}

const clockSkew: Question = async (exchange, _settings, clock) => {
  if (exchange.has['fetchTime'] !== true) return 'it does not tell its time'
  const ahead = ((await exchange.fetchTime()) ?? NaN) - clock.now()
  return `${Math.abs(Math.round(ahead))} ms ${ahead < 0 ? 'behind' : 'ahead of'} this machine’s`
}

async function within(ms: number, answer: Promise<string>): Promise<string> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`nothing came within ${ms / 1_000} s`)), ms)
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer))
}

/** Asks an exchange once for everything that a feed of these settings would need, of its first symbol, and gives each outcome as it is known. Never throws: what does not work is an outcome. */
export async function* tryExchange(
  settings: FeedSettings,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
): AsyncGenerator<Trial> {
  const attempt = async (what: string, question: () => Promise<string>): Promise<Trial> => {
    try {
      return { what, worked: true, told: await within(patienceMs, question()) }
    } catch (error) {
      return { what, worked: false, told: error instanceof FeedRefusal ? error.message : wordsOf(error) }
    }
  }
  let exchange: CcxtExchange | undefined
  const markets = await attempt('markets', async () => {
    exchange = await makeExchange(settings)
    await checkMarkets(exchange, settings)
    return `${Object.keys(exchange.markets).length} markets, ${settings.symbols.join(', ')} among them`
  })
  yield markets
  const made = exchange
  if (!markets.worked || made === undefined) return
  yield await attempt('clock', () => clockSkew(made, settings, clock))
  if (settings.streams.includes('bars')) yield await attempt('bars by REST', () => history(made, settings, clock))
  for (const stream of settings.streams) yield await attempt(`stream of ${stream}`, () => streams[stream](made, settings, clock))
  for (const client of Object.values(made.clients ?? {})) client.connection?.terminate?.()
}
