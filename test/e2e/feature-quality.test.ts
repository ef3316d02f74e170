import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startServer } from './support/start-server.ts'

const minute = 60_000

/** A folder with one declared set. */
function setsFolder(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-sets-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, `${name}.yaml`), text)
  return folder
}
const bar = (openTime: number, close: number) => [openTime, close, close + 1, close - 1, close, 5]

test('a value outside of its declared range is quarantined with what was computed, counted, and clean again after it', async (t) => {
  const sets = setsFolder(t, 'bounded', 'timeframe: 1m\nfeatures:\n  price_now: { value: close, range: [null, 105] }\n  move: mom(1)\n')
  const { client } = await startServer(t, { 'features.dir': sets })
  const from = Math.floor(Date.now() / minute - 6) * minute
  const take = (i: number, close: number) =>
    client.post('/market/bars', { symbol: 'BTC/USDT', timeframe: '1m', clock: 'replay', bars: [bar(from + i * minute, close)] })
  const read = async () => (await client.get('/features/BTC%2FUSDT?set=bounded')).body
  for (let i = 0; i < 3; i++) await take(i, 100 + i)
  assert.deepEqual(
    (await read()).features.map(({ status }: { status: string }) => status),
    ['ok', 'ok'],
  )
  await take(3, 106)
  const { features, complete } = await read()
  assert.deepEqual(
    [complete, features[0].value, features[0].status, features[0].reason],
    [false, null, 'quarantined', '106 was computed; it is above 0, 105 or less'],
  )
  assert.deepEqual(
    [features[0].label, features[1].value, features[1].status, typeof features[0].event_time, typeof features[0].age_s, features[0].digest.length],
    ['price_now', 4, 'ok', 'string', 'number', 64],
  )
  await take(4, 104)
  assert.deepEqual((await read()).features[0].value, 104)
  const metrics = (await client.get('/metrics')).body
  assert.match(metrics, /presage_feature_values_quarantined_total\{feature="close@1m"\} 1/)
  assert.match(metrics, /presage_feature_values_absent_total\{feature="close@1m",status="quarantined"\} \d/)
})
