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

/** What /metrics says of one series, 0 where there is no such line. */
const metricOf = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`presage_${name} `))
      ?.split(' ')[1] ?? 0,
  )

test('every kind of bad bar is refused with its reason, counted by what is wrong, and changes nothing', async (t) => {
  const { client } = await startServer(t)
  const from = Math.floor(Date.now() / minute - 60) * minute
  const at = (i: number, close = 100) => bar(from + i * minute, close)
  const send = async (...bars: readonly (readonly number[])[]) => (await client.post('/market/bars', { symbol: 'BTC/USDT', timeframe: '1m', bars })).body
  await send(...Array.from({ length: 10 }, (_, i) => at(i)))
  const [open, high, low, close, volume] = [100, 101, 99, 100, 5]
  const bad: readonly (readonly [string, readonly number[], RegExp])[] = [
    ['numbers', [from + 10 * minute, open, low, high, close, volume], /high is below low/],
    ['numbers', [from + 10 * minute, open, high, low, close, -1], /volume is negative/],
    ['numbers', [from + 10 * minute, open, high, low, 102, volume], /outside low to high/],
    ['time', [from + 600 * minute, open, high, low, close, volume], /has not closed yet/],
    ['time', [from + 10 * minute + 1, open, high, low, close, volume], /not a multiple of the timeframe/],
    ['scale', at(10, 100_000), /more than 500 times/],
    ['jump', at(10, 170), /moved by \+70\.0 % in one bar: held until the next bar confirms it/],
  ]
  for (const [kind, row, reason] of bad) {
    const before = metricOf((await client.get('/metrics')).body, `market_bars_quarantined_total{kind="${kind}"}`)
    const { accepted, quarantined } = await send(row)
    assert.deepEqual([kind, accepted, quarantined.length], [kind, 0, 1])
    assert.match(quarantined[0].reason, reason)
    assert.equal(metricOf((await client.get('/metrics')).body, `market_bars_quarantined_total{kind="${kind}"}`), before + 1, kind)
  }
  assert.deepEqual((await send(at(9))).unchanged, 1)
  assert.deepEqual((await send(at(12))).accepted, 1)
  assert.deepEqual((await send(at(11))).accepted, 1)
  const metrics = (await client.get('/metrics')).body
  const counted = [
    'market_gaps_total',
    'market_bars_missing_total',
    'market_bars_total{result="inserted"}',
    'market_bars_total{result="unchanged"}',
    'market_bars_total{result="quarantined"}',
  ]
  assert.deepEqual(
    counted.map((name) => metricOf(metrics, name)),
    [1, 2, 1, 1, bad.length],
  )
})

test('a price that only one quote of an asset shows is quarantined, reaches values and predictions as that, and a loss of the peg is not', async (t) => {
  const sets = setsFolder(t, 'prices', 'timeframe: 1m\nmax_age: 60s\nfeatures: [close]\n')
  const { client } = await startServer(t, { 'features.dir': sets })
  const from = Math.floor(Date.now() / minute - 30) * minute
  const take = async (symbol: string, i: number, close: number) =>
    (
      await client.post('/market/bars', {
        symbol,
        timeframe: '1m',
        clock: 'replay',
        bars: [[from + i * minute, close, close * 1.001, close * 0.999, close, 5]],
      })
    ).body
  for (let i = 0; i < 5; i++)
    for (const [symbol, close] of [
      ['BTC/USD', 40_000],
      ['USDT/USD', 1],
      ['BTC/USDT', 40_000],
    ] as const)
      await take(symbol, i, close)
  await take('BTC/USD', 5, 40_000)
  await take('USDT/USD', 5, 1)
  const { quarantined } = await take('BTC/USDT', 5, 44_000)
  assert.match(quarantined[0].reason, /moved by \+10\.0 % in one bar, but by 0\.0 % according to BTC\/USD and USDT\/USD/)
  const read = async (minutes: number) =>
    (await client.get(`/features/BTC%2FUSDT?set=prices&as_of=${new Date(from + minutes * minute).toISOString()}`)).body.features[0]
  const last = await read(6)
  assert.deepEqual([last.value, last.age_s, last.status], [40_000, 60, 'ok']) // the last good bar, with its age, until max_age
  const refused = await read(6.5)
  assert.deepEqual([refused.value, refused.status, refused.reason], [null, 'quarantined', quarantined[0].reason])
  const metrics = (await client.get('/metrics')).body
  assert.equal(metricOf(metrics, 'market_bars_quarantined_total{kind="quotes"}'), 1)

  for (const [symbol, close] of [
    ['BTC/USD', 40_000],
    ['USDT/USD', 0.9],
    ['BTC/USDT', 40_000],
  ] as const)
    await take(symbol, 6, close)
  await take('BTC/USD', 7, 40_000)
  await take('USDT/USD', 7, 0.8)
  assert.deepEqual((await take('BTC/USDT', 7, 50_000)).accepted, 1)
})

test('hit rate, freshness and retrieval can be read from /metrics', async (t) => {
  const sets = setsFolder(t, 'prices', 'timeframe: 1m\nfeatures: [close]\n')
  const { client } = await startServer(t, { 'features.dir': sets })
  const from = Math.floor(Date.now() / minute - 5) * minute
  await client.post('/market/bars', {
    symbol: 'BTC/USDT',
    timeframe: '1m',
    clock: 'replay',
    bars: Array.from({ length: 5 }, (_, i) => bar(from + i * minute, 100)),
  })
  for (let i = 0; i < 20; i++) await client.get('/features/BTC%2FUSDT?set=prices')
  const metrics = (await client.get('/metrics')).body
  const [hit, miss] = ['hit', 'miss'].map((result) => metricOf(metrics, `feature_vector_reads_total{result="${result}"}`)) as [number, number]
  assert.ok(hit / (hit + miss) > 0.9, `${hit} of ${hit + miss}`)
  assert.equal(metricOf(metrics, 'feature_freshness_seconds_count{clock="replay"}'), 1)
  assert.equal(metricOf(metrics, 'http_request_seconds_count{route="/features/:symbol"}'), 20)
})
