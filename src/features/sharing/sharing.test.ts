import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FeatureSet } from '../../contracts/features.ts'
import { noMeter } from '../../contracts/meter.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { SeriesStore } from '../../market/series-store.ts'
import { walkSessions } from '../../market/testing/walk-sessions.ts'
import { catalogueEntries } from '../catalogue.ts'
import { FeatureService } from '../feature-service.ts'
import { makeReplica, Surroundings } from './testing/replica.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const walk = (count: number, seed = 4) => walkBars({ seed, count, from: start, barMs: minute })
const bars = walk(3_000)
const closeOf = (count: number): number => start + count * minute
const spec = { timeframe: '1m', features: ['close@1m', 'rsi(14)@1m', 'ema(5)@5m', 'zscore(rsi(14),30)@1m'], window: 3, symbols: ['*'] } as const

type Replica = ReturnType<typeof makeReplica>

/** Two replicas that read the same set. */
function makePair() {
  const around = new Surroundings(start + 30 * 86_400_000)
  const [a, b] = [makeReplica(around, 'a'), makeReplica(around, 'b')]
  return { around, a, b, sets: [a.features.declare(spec), b.features.declare(spec)] as const }
}

async function read({ features }: Pick<Replica, 'features'>, set: FeatureSet, asOf?: number) {
  await features.fetch('BTC/USDT')
  return features.vector(set, 'BTC/USDT', asOf)
}

/** The same from one process that saw all bars. */
function alone(count: number, asOf?: number) {
  const clock = { now: () => start + 30 * 86_400_000, monotonic: () => 0 }
  const series = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series, clock, meter: noMeter })
  const set = service.declare(spec)
  series.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars.slice(0, count), { clock: 'replay' })
  return service.vector(set, 'BTC/USDT', asOf)
}

describe('a replica that does not write a symbol', () => {
  test('reads what the writer computed, windows and moments of the recent past included', async () => {
    const { a, b, sets } = makePair()
    await a.take(bars.slice(0, 700))
    assert.deepEqual(await read(b, sets[1]), alone(700))
    await a.take(bars.slice(700, 710))
    for (const count of [710, 705, 696]) assert.deepEqual(await read(b, sets[1], closeOf(count)), alone(710, closeOf(count)))
  })

  test('says who knows a moment that it does not know itself, and where lineage is to be had', async () => {
    const { a, b, sets } = makePair()
    await a.take(bars.slice(0, 700))
    await read(b, sets[1])
    assert.throws(() => b.features.vector(sets[1], 'BTC/USDT', closeOf(600)), {
      code: 'not_the_writer',
      message: /is computed by a, and this replica knows its last 16 rows: ask a for /,
    })
    const wish = { feature: 'close@1m', asOf: undefined, bars: 1, since: undefined }
    assert.throws(() => b.features.lineage(sets[1], 'BTC/USDT', wish), { code: 'not_the_writer' })
  })

  test('hears of bars that were revised or came late, and rows that rest on them change', async () => {
    const { a, b, sets } = makePair()
    await a.take([...bars.slice(0, 695), ...bars.slice(696, 700)])
    await read(b, sets[1])
    await a.take([bars[695] as (typeof bars)[number]])
    assert.deepEqual(await read(b, sets[1]), alone(700))
    const revised = { ...(bars[698] as (typeof bars)[number]), volume: 7 }
    await a.take([revised])
    assert.deepEqual(await read(b, sets[1], closeOf(699)), a.features.vector(sets[0], 'BTC/USDT', closeOf(699)))
  })

  test('hears of a revised bar also where a set rests on one series alone', async () => {
    const { a, b } = makePair()
    const plain = { ...spec, features: ['close@1m', 'sma(5)@1m'], window: 1 }
    const [onA, onB] = [a.features.declare(plain), b.features.declare(plain)]
    await a.take(bars.slice(0, 700))
    await read(b, onB)
    await a.take([{ ...(bars[698] as (typeof bars)[number]), close: bars[698]?.open as number }])
    for (const count of [699, 700]) assert.deepEqual(await read(b, onB, closeOf(count)), a.features.vector(onA, 'BTC/USDT', closeOf(count)))
  })

  test('reads a set that fills gaps as the writer does: a filled bar is the past of a later one only', async () => {
    const { a, b } = makePair()
    const filling = { ...spec, features: ['close@1m', 'sma(5)@1m'], gaps: { flat: 3 } }
    const [onA, onB] = [a.features.declare(filling), b.features.declare(filling)]
    await a.take(bars.slice(0, 700))
    await read(b, onB)
    await a.take(bars.slice(702, 705))
    for (const count of [701, 702, 703, 705])
      assert.deepEqual(await read(b, onB, closeOf(count)), a.features.vector(onA, 'BTC/USDT', closeOf(count)), String(count))
  })

  test('calls old rows stale, and those before a later one missing, by its own clock', async () => {
    const { a, b, sets } = makePair()
    await a.take([...bars.slice(0, 700), ...bars.slice(705, 710)])
    assert.deepEqual((await read(b, sets[1], closeOf(704))).statuses, ['missing', 'missing', 'missing', 'missing'])
    assert.deepEqual((await read(b, sets[1], closeOf(720))).statuses, ['stale', 'stale', 'stale', 'stale'])
    assert.deepEqual(await read(b, sets[1], closeOf(710)), { ...a.features.vector(sets[0], 'BTC/USDT', closeOf(710)) })
  })

  test('calls the last row of a session current until the next begins, as its writer does, without knowing its calendar', async () => {
    const { a, b, sets } = makePair()
    const session = walkSessions({ from: '2024-01-24T00:00Z', to: '2024-01-27T00:00Z' })
    const ingest = () => a.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, session, { calendar: 'XNYS', clock: 'live' })
    await a.writers.write('BTC/USDT', ingest)
    const next = Date.parse('2024-01-29T14:30Z')
    for (const [moment, status] of [
      [next - 40 * 60 * minute, 'ok'],
      [next + 2 * minute, 'ok'],
      [next + 2 * minute + 1, 'stale'],
    ] as const) {
      const seen = await read(b, sets[1], moment)
      assert.equal(seen.statuses[0], status)
      assert.deepEqual(seen, a.features.vector(sets[0], 'BTC/USDT', moment))
    }
  })

  test('has the vectors of a set that the writer did not know: replicas tell each other', async () => {
    const { a, b } = makePair()
    const own = b.features.declare({ ...spec, features: ['sma(7)@1m'], window: 1 })
    await a.take(bars.slice(0, 100))
    assert.equal((await read(b, own)).complete, false)
    await b.sets.exchange()
    await a.sets.exchange()
    await a.take(bars.slice(100, 101))
    assert.deepEqual((await read(b, own)).values, a.features.vector(a.features.declare(own.spec), 'BTC/USDT', undefined).values)
  })

  test('hears of a symbol whose partner has moved', async () => {
    const { a, b } = makePair()
    const paired = { ...spec, features: ['beta(BTC/USDT,60)@1m'], window: 1 }
    const [onA, onB] = [a.features.declare(paired), b.features.declare(paired)]
    const readEth = async () => {
      await b.features.fetch('ETH/USDT')
      return b.features.vector(onB, 'ETH/USDT', undefined)
    }
    await a.take(bars.slice(0, 300))
    await a.take(walk(300, 5), 'ETH/USDT')
    await a.take(walk(301, 5).slice(300), 'ETH/USDT')
    assert.deepEqual((await readEth()).statuses, ['partner-missing'])
    await a.take(bars.slice(300, 301))
    assert.deepEqual(await readEth(), a.features.vector(onA, 'ETH/USDT', undefined))
    assert.equal((await readEth()).complete, true)
  })
})

describe('a writer whose lease ran out while it worked', () => {
  const late = async (between: (pair: ReturnType<typeof makePair>) => unknown) => {
    const pair = makePair()
    const { a, around } = pair
    await a.take(bars.slice(0, 100))
    around.time += around.leaseMs - 1
    const working = a.writers.write('BTC/USDT', () => {
      a.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars.slice(100, 101))
      around.time += 1
      between(pair)
    })
    return { ...pair, working: Promise.resolve(working) }
  }

  test('publishes all the same when nobody has had the symbol since, and also when the store has forgotten it', async () => {
    for (const between of [() => undefined, ({ around }: ReturnType<typeof makePair>) => around.memory.symbols.clear()]) {
      const { a, b, sets, working } = await late(between)
      await working
      assert.equal(a.leases.holds('BTC/USDT'), true)
      assert.deepEqual(await read(b, sets[1], closeOf(101)), a.features.vector(sets[0], 'BTC/USDT', closeOf(101)))
    }
  })

  test('is refused when another one has it', async () => {
    const { a, working } = await late(({ b }) => void b.store.claim('BTC/USDT'))
    await assert.rejects(working, { code: 'not_the_writer' })
    assert.equal(a.leases.holds('BTC/USDT'), false)
  })
})

describe('a take-over', () => {
  test('goes on with the same bits at every place of a block, and from young series too', async () => {
    for (const count of [3, 100, 511, 512, 513, 1_023, 1_400, 2_047, 2_900]) {
      const { a, b, around, sets } = makePair()
      await a.take(bars.slice(0, count))
      around.time += around.leaseMs
      await b.take(bars.slice(count, count + 7))
      assert.deepEqual(b.features.vector(sets[1], 'BTC/USDT', undefined), alone(count + 7), `${count} bars`)
    }
  })

  test('takes in what only the new writer has: bars of a time when it was cut off', async () => {
    const { a, b, around, sets } = makePair()
    await a.take(bars.slice(0, 700))
    around.time += around.leaseMs
    await b.take(bars.slice(700, 702))
    b.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars.slice(703, 704))
    around.time += around.leaseMs
    await a.take(bars.slice(702, 703))
    around.time += around.leaseMs
    await b.take(bars.slice(704, 705))
    assert.deepEqual(b.features.vector(sets[1], 'BTC/USDT', undefined), alone(705))
  })

  test('goes on telling what could not be published while an older publication of everything was still on its way', async () => {
    const { a, b, sets } = makePair()
    const publish = a.store.publish.bind(a.store)
    const failing = async (): Promise<never> => Promise.reject(new Error('no answer'))
    await a.take(bars.slice(0, 700))
    await read(b, sets[1])
    a.store.publish = failing
    await a.take(bars.slice(700, 701))
    const onItsWay = Promise.withResolvers<void>()
    a.store.publish = async (...words) => {
      const isDone = await publish(...words)
      await onItsWay.promise
      return isDone
    }
    const taken = a.take(bars.slice(701, 702))
    a.store.publish = failing
    await a.take(bars.slice(702, 703))
    onItsWay.resolve()
    await taken
    a.store.publish = publish
    await a.leases.renew()
    await nextTurn()
    assert.deepEqual(await read(b, sets[1]), alone(703))
    await a.take(bars.slice(703, 704))
    assert.deepEqual(await read(b, sets[1]), alone(704))
  })

  test('from a state that is damaged warms up again openly, from the bars behind the damage', async () => {
    const { a, b, around, sets } = makePair()
    await a.take(bars.slice(0, 1_300))
    const state = around.memory.symbols.get('BTC/USDT')?.state as Map<string, Uint8Array>
    const chunk = `1m/bars/${Math.floor(closeOf(1_250) / minute / 32)}`
    const bytes = state.get(chunk) as Uint8Array
    bytes[40] = (bytes[40] as number) ^ 1
    around.time += around.leaseMs
    await b.take(bars.slice(1_300, 1_301))
    const { statuses, values } = b.features.vector(sets[1], 'BTC/USDT', undefined)
    assert.deepEqual([statuses[0], statuses[1]], ['ok', 'warming'])
    assert.equal(values.at(-4), bars[1_300]?.close)
  })
})

test('what is shared of a symbol with 48 features stays within 100 KB, however long it goes on', async () => {
  const around = new Surroundings(start + 30 * 86_400_000)
  const a = makeReplica(around, 'a')
  const all = catalogueEntries().filter(({ warmUp, inputs }) => warmUp.settled <= 600 && !inputs.includes('partnerClose'))
  a.features.declare({ ...spec, features: all.slice(0, 48).map(({ example }) => example), window: 1 })
  const sizes: number[] = []
  for (let from = 0; from < bars.length; from += 100) {
    await a.take(bars.slice(from, from + 100))
    const kept = around.memory.symbols.get('BTC/USDT')
    const entries = [...(kept?.rows ?? []), ...(kept?.state ?? [])]
    sizes.push(entries.reduce((sum, [name, bytes]) => sum + name.length + bytes.length, 0))
  }
  assert.ok(Math.max(...sizes) <= 100_000, `${Math.max(...sizes)} bytes`)
  assert.ok(Math.max(...sizes.slice(-10)) <= Math.max(...sizes.slice(10, 20)) * 1.01, sizes.join(' '))
})
