import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../support/eventually.ts'
import { pathOf } from '../support/pages.ts'
import { followExchange, symbol, valuesOf, wires } from '../support/mock-exchange/follow-exchange.ts'
import type { Wire } from '../support/mock-exchange/wire.ts'

const minute = 60_000

async function brings(t: TestContext, wire: Wire): Promise<void> {
  const { exchange, mostBars } = wire
  const { mock, client, series, status: feed, upToDate, url, presage } = await followExchange(t, { wire, behind: 20, history: 1_500 })

  const late = await client.post('/predict', { symbol })
  assert.deepEqual([late.status, late.body.code], [503, 'features_stale'], 'what an exchange brings too late is not served as current')
  while (mock.now + minute <= Date.now()) mock.playBar()
  await upToDate()
  const { status, body } = await client.post('/predict', { symbol })
  assert.equal(status, 200, JSON.stringify(body))
  // The volatility of an hour takes 1,200 bars to settle.
  assert.deepEqual([body.model_info.name, body.clock, body.degraded], ['momentum', 'live', mostBars < 1_500])
  const stored = series()!.slice(0, series()!.length)
  assert.ok(stored.length >= Math.min(1_500, mostBars))
  assert.deepEqual(valuesOf(stored), mock.closedBars(symbol).slice(-stored.length))
  assert.equal(series()!.revisionCount, 0, 'no forming state of a bar was ever stored')

  await eventually('it is connected', () => feed().phase === 'connected')
  const { body: listed } = await client.get('/market/feeds')
  assert.deepEqual([listed.feeds[0].exchange, listed.feeds[0].phase, listed.feeds[0].series[0].symbol], [exchange, 'connected', symbol])
  await eventually('the clocks are compared', () => feed().clock_skew_ms !== null)
  const metrics = await eventually('the gauges are up to date', async () => {
    const { body: text } = await client.get('/metrics')
    return new RegExp(`presage_feed_connected\\{exchange="${exchange}"\\} 1`).test(text) && (text as string)
  })
  for (const name of ['gap_filled_bars_total', 'reconnects_total', 'duplicates_total', 'last_event_age_seconds', 'clock_skew_seconds', 'restarts_total'])
    assert.match(metrics, new RegExp(`presage_feed_${name}\\{exchange="${exchange}"\\} -?\\d`))
  const printed = await promisify(execFile)(process.execPath, [pathOf('bin/presage.js'), 'feeds', 'list', '--url', url, '--key-file', presage.keyFile])
  assert.match(printed.stdout, new RegExp(`${exchange} +connected .*BTC/USDT 1m`))
}

for (const wire of wires)
  test(`${wire.exchange}: bars become features and a prediction: history by REST, then each as it closes`, { timeout: 120_000 }, (t) => brings(t, wire))
