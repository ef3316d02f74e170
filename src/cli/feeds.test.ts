import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { wires } from '../../test/support/mock-exchange/follow-exchange.ts'
import { MockExchange } from '../../test/support/mock-exchange/mock-exchange.ts'
import { pathOf } from '../../test/support/pages.ts'

/** Runs `presage feeds …` and gives what it printed and its exit code. */
async function feeds(...words: readonly string[]): Promise<{ readonly printed: string; readonly code: number }> {
  const child = spawn(process.execPath, [pathOf('bin/presage.js'), 'feeds', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [printed, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { printed: `${printed}${errors}`, code: code as number }
}
const setFeeds = (feed: object): string[] => ['--set', `feeds=${JSON.stringify([feed])}`]

for (const wire of wires)
  test(`check asks ${wire.exchange} for everything once and prints what came`, { timeout: 60_000 }, async (t) => {
    const minute = (): number => Math.floor(Date.now() / 60_000) * 60_000
    const mock = await MockExchange.start(t, { wire, symbols: ['BTC/USDT'], now: minute(), past: 30, future: 5 })
    const streams = ['bars', 'trades', 'books']
    const [bar, market] = [mock.barAt('BTC/USDT', mock.now), mock.markets[0]!]
    const beat = setInterval(() => {
      mock.now = minute() // the command goes by the machine's clock
      mock.sendTrade(market, { id: Date.now(), time: mock.now, price: bar.open, size: 2, buyerIsMaker: true })
      mock.changeBook(market, { bids: [[99, 1]], asks: [[101, 1]] })
    }, 50)
    t.after(() => clearInterval(beat))
    const { printed, code } = await feeds('check', ...setFeeds({ exchange: wire.exchange, symbols: ['BTC/USDT'], streams, urls: mock.urls }))
    assert.equal(code, 0, printed)
    assert.match(printed, /ok +markets +1 markets, BTC\/USDT among them/)
    assert.match(printed, /ok +clock +\d+ ms (behind|ahead)/)
    assert.match(printed, /ok +bars by REST +3 bars, the newest of 20/)
    assert.match(printed, /ok +stream of bars +the bar of 20.* is forming at \d/)
    assert.match(printed, new RegExp(`ok +stream of trades +sell 2 at ${bar.open}`))
    assert.match(printed, /ok +stream of books +(99|100) bid, 101 asked/)
  })

test('an exchange or a market that does not exist is refused with those that come near', { timeout: 60_000 }, async (t) => {
  const unknown = await feeds('check', 'binanse')
  assert.equal(unknown.code, 1)
  assert.match(unknown.printed, /FAILED +markets +ccxt has no exchange "binanse" with streams; did you mean binance/)
  const mock = await MockExchange.start(t, { symbols: ['BTC/USDT'], now: Date.now(), past: 5, future: 5 })
  const market = await feeds('check', ...setFeeds({ exchange: 'binance', symbols: ['BTC/USDC'], urls: mock.urls }))
  assert.match(market.printed, /FAILED +markets +binance has no market BTC\/USDC; did you mean BTC\/USDT\?/)
})

test('an exchange that cannot be reached is told as such', { timeout: 60_000 }, async () => {
  const urls = { 'https://api.binance.com': 'http://127.0.0.1:9' }
  const { printed, code } = await feeds('check', ...setFeeds({ exchange: 'binance', symbols: ['BTC/USDT'], urls }))
  assert.equal(code, 1)
  assert.match(printed, /FAILED +markets +(ExchangeNotAvailable|NetworkError).*127\.0\.0\.1:9/)
})
