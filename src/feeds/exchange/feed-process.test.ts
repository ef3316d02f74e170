import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { test } from 'node:test'
import { eventually } from '../../../test/support/eventually.ts'
import { MockExchange } from '../../../test/support/mock-exchange/mock-exchange.ts'
import { pathOf } from '../../../test/support/pages.ts'
import { type FeedOrder, parseReport } from '../feed-message.ts'
import { feedSettings } from '../feed-settings.ts'

const minute = 60_000

test('subscriptions that cannot be sent because the connection ends are made again: the process outlives them', { timeout: 120_000 }, async (t) => {
  const symbols = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map((letter) => `${letter.repeat(3)}/USDT`)
  const now = Math.floor(Date.now() / minute) * minute - 20 * minute
  const mock = await MockExchange.start(t, { symbols, now, past: 60, future: 20 })
  const child = fork(pathOf('src/feeds/exchange/feed-process.ts'), { serialization: 'advanced', stdio: ['pipe', 'ignore', 'ignore', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  const order = (message: FeedOrder): void => void child.send(message)
  const closed = new Map<string, number>()
  child.on('message', (message) => {
    const report = parseReport(message)
    if (report?.kind !== 'batch') return
    for (const { symbol, rows } of report.bars) closed.set(symbol, rows.at(-1)?.[0] ?? 0)
    order({ kind: 'taken', batch: report.batch })
  })
  const series = symbols.map((symbol) => ({ symbol, timeframe: '1m' as const, next: now - 40 * minute }))
  order({ kind: 'start', settings: feedSettings({ exchange: 'binance', symbols, urls: mock.urls }), series })
  const subscribed = (): number => mock.markets.filter((market) => mock.subscriptions('bars', market) > 0).length
  // ccxt paces its subscriptions: each connection ends while some are still to be sent.
  for (let count = 1; count < symbols.length; count += 1) {
    await eventually(`${count} symbols are subscribed to, exit code ${child.exitCode}`, () => child.exitCode !== null || subscribed() >= count)
    mock.dropConnections()
  }
  mock.playBar()
  const last = mock.closedBars(symbols[0]!).at(-1)!.openTime
  await eventually('the bar of every symbol has come', () => child.exitCode !== null || symbols.every((symbol) => closed.get(symbol) === last))
  assert.equal(child.exitCode, null)
})
