import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { walkSessions } from '../../src/market/testing/walk-sessions.ts'
import { startServer } from './support/start-server.ts'

/** A symbol that the example model takes; here it trades in the sessions of New York. */
const symbol = 'ETH/USDT'
const rowsOf = (bars: ReturnType<typeof walkSessions>) => bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume])

async function makeWorld(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
  const time = { now: 0 }
  const server = await startServer(t, flags, { now: () => time.now, monotonic: () => performance.now() })
  const at = (text: string): void => void (time.now = Date.parse(text))
  const ingest = (bars: ReturnType<typeof walkSessions>) =>
    server.client.post('/market/bars', { symbol, timeframe: '1m', calendar: 'XNYS', bars: rowsOf(bars) })
  return { ...server, at, ingest, predict: () => server.client.post('/predict', { symbol }) }
}

test('the last vector of a Friday answers until the first bar of Monday is a minute late, and again once it is there', async (t) => {
  const { at, ingest, predict, client } = await makeWorld(t)
  at('2024-03-08T21:00:01Z')
  const { body } = await ingest(walkSessions({ from: '2024-03-04T00:00Z', to: '2024-03-09T00:00Z' }))
  assert.deepEqual([body.accepted, body.quarantined], [5 * 390, []])
  // On Sunday the clocks of New York are changed: 09:30 is 13:30 in UTC afterwards.
  for (const moment of ['2024-03-08T21:00:02Z', '2024-03-09T12:00:00Z', '2024-03-10T23:00:00Z', '2024-03-11T13:31:59Z']) {
    at(moment)
    const answer = await predict()
    assert.deepEqual([answer.status, answer.body.degraded, answer.body.as_of], [200, false, moment], JSON.stringify(answer.body))
  }
  at('2024-03-09T21:00:00Z')
  const { body: shown } = await client.get(`/features/${encodeURIComponent(symbol)}?set=momentum`)
  assert.deepEqual([shown.features[0].status, shown.features[0].age_s, shown.features[0].event_time], ['ok', 86_400, '2024-03-08T21:00:00Z'])
  at('2024-03-11T13:32:30Z')
  const late = await predict()
  assert.deepEqual([late.status, late.body.code], [503, 'features_stale'])
  await ingest(walkSessions({ from: '2024-03-11T00:00Z', to: '2024-03-11T13:32Z' }))
  const { status, body: fresh } = await predict()
  assert.deepEqual([status, fresh.degraded], [200, false])
  const { body: market } = await client.get('/metrics')
  assert.doesNotMatch(market, /presage_market_gaps_total [1-9]/)
})

test('bars outside the sessions are refused with what is next, and calendars that are not there with those that are', async (t) => {
  const { at, ingest, client } = await makeWorld(t)
  at('2024-07-05T12:00:00Z')
  const early = { openTime: Date.parse('2024-07-05T11:00Z'), open: 9, high: 9, low: 9, close: 9, volume: 1 }
  const { status, body } = await ingest([early])
  assert.deepEqual([status, body.accepted], [200, 0])
  assert.match(body.quarantined[0].reason, /^XNYS has no session then, the next session begins at 2024-07-05T13:30:00Z; .* as_received$/)
  assert.match((await client.get('/metrics')).body, /presage_market_bars_quarantined_total\{kind="session"\} 1/)
  const unknown = await client.post('/market/bars', { symbol, timeframe: '1m', calendar: 'NYSE', bars: rowsOf([early]) })
  assert.deepEqual([unknown.status, unknown.body.code, unknown.body.errors[0].pointer], [400, 'validation_failed', '/calendar'])
  assert.match(unknown.body.detail, /one of continuous, as_received, XNYS; did you mean XNYS\?/)
})

test('a calendar of the operator stands in for the one of its name that is built in; a broken one ends the start with its place', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-calendars-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'XNYS.yaml')
  writeFileSync(file, 'extends: XNYS\nholidays: [2024-03-08]\n')
  const { at, ingest } = await makeWorld(t, { 'market.calendars': folder })
  at('2024-03-12T00:00:00Z')
  const { body } = await ingest(walkSessions({ from: '2024-03-07T00:00Z', to: '2024-03-09T00:00Z' }))
  assert.deepEqual([body.accepted, body.quarantined.length], [390, 390])
  writeFileSync(file, 'extends: XNYS\nholidays: [2024-03-8]\n')
  await assert.rejects(makeWorld(t, { 'market.calendars': folder }), { message: /XNYS\.yaml:2:12: 2024-03-8 is no day/ })
})
