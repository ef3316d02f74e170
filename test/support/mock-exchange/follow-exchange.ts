import type { TestContext } from 'node:test'
import { startServer } from '../../e2e/support/start-server.ts'
import { eventually } from '../eventually.ts'
import { binance } from './binance.ts'
import { bybit } from './bybit.ts'
import { kraken } from './kraken.ts'
import { MockExchange } from './mock-exchange.ts'
import type { Wire } from './wire.ts'

const minute = 60_000

/** Every exchange whose wire format is known here: what is promised of a feed is promised of all of them. */
export const wires: readonly Wire[] = [binance, bybit, kraken]

/** The symbol whose bars are looked at. */
export const symbol = 'BTC/USDT'

/** A mock of an exchange whose clock is some minutes behind the machine's, and a whole server that follows it. */
export async function followExchange(
  t: TestContext,
  { wire, behind, history = 400, feed = {} }: { readonly wire: Wire; readonly behind: number; readonly history?: number; readonly feed?: object },
) {
  const now = Math.floor(Date.now() / minute) * minute - behind * minute
  const mock = await MockExchange.start(t, { wire, symbols: [symbol, 'ETH/USDT'], now, past: 1_600, future: behind + 5 })
  const feeds = JSON.stringify([{ exchange: wire.exchange, symbols: [symbol], history, urls: mock.urls, ...feed }])
  const server = await startServer(t, { feeds })
  const { market, feeds: followed } = server.presage
  const series = () => market.find(symbol, '1m')
  const status = () => followed.status()[0]!
  /** Resolves when somebody has subscribed to the bars so often. */
  const subscribed = (times: number) => eventually(`${times} subscriptions`, () => mock.subscriptions('bars') >= times)
  /** Resolves when all bars that the exchange has closed are stored, without a gap. */
  const upToDate = () =>
    eventually('every closed bar is stored', () => {
      const stored = series()
      const from = stored?.first?.openTime ?? Infinity
      const closed = mock.closedBars(symbol).filter(({ openTime }) => openTime >= from)
      return closed.length > 0 && stored?.length === closed.length && stored.last?.openTime === closed.at(-1)?.openTime
    })
  await subscribed(1)
  await upToDate()
  return { mock, ...server, market, series, status, subscribed, upToDate }
}

/** What is stored, as the exchange says it. */
export const valuesOf = (bars: readonly { openTime: number; open: number; high: number; low: number; close: number; volume: number }[]) =>
  bars.map(({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume }))
