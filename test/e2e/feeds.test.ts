import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followBinance, symbol, valuesOf } from '../support/mock-exchange/follow-binance.ts'

test('bars of an exchange become features and a prediction: history by REST, then each as it closes', { timeout: 120_000 }, async (t) => {
  const { mock, client, series, upToDate } = await followBinance(t, { behind: 20, history: 1_500 })
  for (let i = 0; i < 20; i += 1) mock.playBar()
  await upToDate()
  const { status, body } = await client.post('/predict', { symbol })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual([body.model_info.name, body.clock, body.degraded], ['momentum', 'live', false])
  const stored = series()!.slice(0, series()!.length)
  assert.ok(stored.length >= 1_500)
  assert.deepEqual(valuesOf(stored), mock.closedBars(symbol).slice(-stored.length))
  assert.equal(series()!.revisionCount, 0, 'no forming state of a bar was ever stored')
})
