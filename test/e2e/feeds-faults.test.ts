import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { noMeter } from '../../src/contracts/meter.ts'
import { FeatureService } from '../../src/features/feature-service.ts'
import type { BarInput } from '../../src/market/check-bar.ts'
import { SeriesStore } from '../../src/market/series-store.ts'
import { systemClock } from '../../src/system.ts'
import { eventually } from '../support/eventually.ts'
import { followExchange, symbol, valuesOf, wires } from '../support/mock-exchange/follow-exchange.ts'
import type { Wire } from '../support/mock-exchange/wire.ts'

const minute = 60_000
const spec = {
  timeframe: '1m' as const,
  features: ['close@1m', 'rsi(14)@1m', 'ema(50)@1m', 'atr(14)@1m', 'bb_pctb(20,2)@1m', 'obv_slope(20)@1m', 'vol_z(96)@1m', 'rsi(14)@5m'],
  window: 1,
  symbols: [symbol],
}
const bitsOf = (values: ArrayLike<number>): BigUint64Array => new BigUint64Array(Float64Array.from(values).buffer)

/** The bits of every value after the last bar, where bars came one by one and nothing ever went wrong. */
function uninterrupted(bars: readonly BarInput[], asOf: number): BigUint64Array {
  const store = new SeriesStore({ clock: systemClock, meter: noMeter })
  const service = new FeatureService({ series: store, clock: systemClock, meter: noMeter })
  store.derive('1m', '5m')
  const set = service.declare(spec)
  for (const bar of bars) store.ingest({ symbol, timeframe: '1m' }, [bar])
  return bitsOf(service.vector(set, symbol, asOf).values)
}

/** A server that follows an exchange, what a test does to it, and the comparison with what must come of it. */
async function follow(t: TestContext, wire: Wire, feed: object = {}) {
  const followed = await followExchange(t, { wire, behind: 90, feed })
  const { mock, presage, series, status, subscribed, upToDate } = followed
  presage.market.derive('1m', '5m')
  const set = presage.features.declare(spec)
  return {
    ...followed,
    /** Does something that costs the connection, and waits until there is another one. */
    lose: async (disturb: () => void): Promise<void> => {
      const before = mock.subscriptions('bars')
      disturb()
      await subscribed(before + 1)
    },
    play: (count: number): void => {
      for (let i = 0; i < count; i += 1) mock.playBar()
    },
    counted: (name: string, least: number) => eventually(`${least} ${name}`, () => (status().counts[name] ?? 0) >= least),
    asExchange: async (): Promise<void> => {
      await upToDate()
      const stored = series()!.slice(0, series()!.length)
      assert.deepEqual(valuesOf(stored), mock.closedBars(symbol).slice(-stored.length))
      assert.equal(series()!.revisionCount, 0)
      const asOf = series()!.last!.closeTime
      assert.deepEqual(bitsOf(presage.features.vector(set, symbol, asOf).values), uninterrupted(valuesOf(stored), asOf))
    },
  }
}

async function goesWrong(t: TestContext, wire: Wire): Promise<void> {
  const { mock, presage, series, status, lose, play, counted, asExchange } = await follow(t, wire)
  const history = series()!.length

  await t.test('a connection that breaks in the middle of a bar: what was missed comes by REST', async () => {
    play(3)
    await asExchange()
    mock.sendBar(mock.markets[0]!, { ...mock.closedBars(symbol).at(-1)!, openTime: mock.now, close: 1, low: 1 }, false)
    await lose(() => {
      mock.dropConnections()
      play(7)
    })
    play(2)
    await asExchange()
    await counted('gapFilled', history - 1 + 7 - wire.pastOnSubscribe)
    await counted('reconnects', 1)
  })

  await t.test('a bar of which nobody says that it is closed is closed when the next one begins, and not before', async () => {
    // Whatever comes now comes by the stream.
    const closedRest = { path: wire.barsPath, status: 503, body: 'closed', times: Infinity }
    mock.faults.push(closedRest)
    mock.holdsNext = true
    for (let i = 0; i < 3; i += 1) mock.playBar({ said: false })
    const last = mock.closedBars(symbol).at(-1)!.openTime
    await eventually('all but the last are stored', () => series()!.last!.openTime >= last - minute)
    // It is shown again and again, complete as it is.
    await counted('duplicates', (status().counts['duplicates'] ?? 0) + 5)
    assert.equal(series()!.last!.openTime, last - minute)
    mock.holdsNext = false
    await eventually('the next one has begun', () => series()!.last!.openTime === last)
    closedRest.times = 0
    play(1)
    await asExchange()
  })

  await t.test('a bar in which nobody trades is there, whether the exchange shows it or not', async () => {
    play(1)
    mock.playEmptyBar()
    const { openTime } = mock.closedBars(symbol).at(-1)!
    play(2)
    await asExchange()
    assert.equal(series()!.bar(series()!.positionFrom(openTime))!.volume, 0)
  })

  await t.test('questions that are refused, answered with garbage or with an error are asked again', async () => {
    const path = wire.barsPath
    mock.faults.push({ path, status: 429, body: '{"code":-1003,"msg":"Too many requests"}', headers: { 'Retry-After': '1' }, times: 1 })
    mock.faults.push({ path, status: 503, body: '<html>busy</html>', times: 1 })
    mock.faults.push({ path, status: 200, body: '[["x",null],{},7,[]', times: 1 })
    mock.faults.push({ path, status: 200, body: '[["x",null],[1,2],[]]', times: 1 })
    await lose(() => {
      mock.dropConnections()
      play(5)
    })
    play(1)
    await asExchange()
    assert.ok(mock.faults.every(({ times }) => times === 0))
    await counted('restFailures', 2)
  })

  await t.test('a process that is killed is started again and asks for what it missed', async () => {
    await lose(() => {
      process.kill(presage.feeds.pids[0]!, 'SIGKILL')
      play(6)
    })
    play(2)
    await asExchange()
    assert.equal(status().counts['restarts'], 1)
    await eventually('it is connected', () => status().phase === 'connected')
  })

  await t.test('connections that are refused are tried again', async () => {
    mock.faults.push({ path: wire.socketPath, status: 0, body: '', times: 2 })
    await lose(() => {
      mock.dropConnections()
      play(4)
    })
    assert.equal(mock.faults.at(-1)!.times, 0)
    // Accepted and gone before the subscription can be sent.
    mock.faults.push({ path: '/hello', status: 0, body: '', times: 2 })
    await lose(() => {
      mock.dropConnections()
      play(2)
    })
    assert.equal(mock.faults.at(-1)!.times, 0)
    play(1)
    await asExchange()
    assert.equal(status().counts['restarts'], 1, 'the process lives')
  })

  await t.test('messages that come twice, late or broken change nothing', async () => {
    const before = status().counts['duplicates'] ?? 0
    const [market, bars] = [mock.markets[0]!, mock.closedBars(symbol)]
    mock.sendBar(market, bars.at(-1)!, true)
    mock.sendBar(market, { ...bars.at(-3)!, close: 1, low: 1 }, false)
    mock.sendBar(market, bars.at(-2)!, true)
    for (const text of ['not json', '[1,2', 'null', '7', ...wire.garbage]) mock.sendGarbage(text)
    play(2)
    await asExchange()
    await counted('duplicates', before + 1)
  })
}

async function fallsSilent(t: TestContext, wire: Wire): Promise<void> {
  const { mock, status, lose, play, asExchange, client } = await follow(t, wire, { silenceMs: 2_000 })
  mock.frozen = true
  play(3)
  await eventually('the silence is told', () => /nothing came for 2 s/.test(status().detail))
  const health = await eventually('health tells it', async () => {
    const { body } = await client.get('/health')
    return body.status === 'degraded' && body
  })
  assert.match(health.checks.feeds.detail, new RegExp(`^${wire.exchange}: `))
  assert.equal((await client.get('/readyz')).status, 200)
  await lose(() => void (mock.frozen = false))
  play(1)
  await asExchange()
}

const promises = {
  'whatever goes wrong, the bars are those of the exchange, and features those of an uninterrupted fold, bit for bit': goesWrong,
  'an exchange that falls silent and leaves the connection open is noticed by its silence': fallsSilent,
}
for (const [promise, hold] of Object.entries(promises))
  test(promise, { timeout: 300_000, concurrency: true }, async (t) => {
    await Promise.all(wires.map((wire) => t.test(wire.exchange, (one) => hold(one, wire))))
  })
