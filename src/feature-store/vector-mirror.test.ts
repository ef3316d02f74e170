import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Meter } from '../contracts/meter.ts'
import { MemoryOnlineStore, SharedMemory } from './memory-online-store.ts'
import { MirrorMeter } from './mirror-meter.ts'
import type { Grant, OnlineStore, Update } from './online-store.ts'
import { VectorMirror } from './vector-mirror.ts'
import { encodeRow, rowName } from './vector-row.ts'

const clock = { now: () => 0, monotonic: () => 0 }
const digest = 'ab'.repeat(32)
const key = 'set.1'

/** Counts by name and result. */
function countingMeter() {
  const counts: Record<string, number> = {}
  const counter = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
    add: (amount = 1) => {
      const full = [name, ...Object.values(labels)].join(' ')
      counts[full] = (counts[full] ?? 0) + amount
    },
  })
  const meter: Meter = { counter, histogram: () => ({ observe() {} }), gauge: () => ({ set() {} }) }
  return { meter, counts }
}

async function makeWorld({ symbols = 10, keep = 3 }: { readonly symbols?: number; readonly keep?: number } = {}) {
  const memory = new SharedMemory()
  const make = (replica: string) => new MemoryOnlineStore({ memory, replica, leaseMs: 1_000, clock })
  const [writer, own] = [make('a'), make('b')]
  const doubters: ((connected: boolean) => void)[] = []
  const hearers: ((update: Update | undefined) => void)[] = []
  const state = { connected: true, fails: false }
  const store: OnlineStore = Object.assign(Object.create(own) as OnlineStore, {
    onConnection: (listener: (connected: boolean) => void) => void doubters.push(listener),
    read: (symbol: string) => (state.fails ? Promise.reject(new Error('away')) : own.read(symbol)),
    unfollow: (symbol: string) => own.unfollow(symbol),
    follow(symbol: string, listener: (update: Update | undefined) => void) {
      hearers.push(listener)
      return own.follow(symbol, listener)
    },
  })
  Object.defineProperty(store, 'connected', { get: () => state.connected })
  const { meter, counts } = countingMeter()
  const mirror = new VectorMirror({ store, symbols, meter: new MirrorMeter(meter, clock) })
  mirror.include({ key, digest, allOk: ['ok'], keep })
  const sequences = new Map<string, number>()
  const grants = new Map<string, Grant>()
  const publish = async (time: number, { symbol = 'BTC/USDT', whole = false, spoil = false } = {}) => {
    const claim = grants.has(symbol) ? undefined : await writer.claim(symbol)
    if (claim?.granted) grants.set(symbol, claim.grant)
    const grant = grants.get(symbol) as Grant
    const sequence = (sequences.get(symbol) ?? 0) + 1
    sequences.set(symbol, sequence)
    const row = encodeRow(
      {
        fence: grant.fence,
        sequence,
        closeTime: time,
        receivedTime: time,
        run: time,
        clock: 'live',
        known: true,
        nextOpen: time,
        filled: false,
        values: Float64Array.of(time),
        reading: { complete: true, statuses: ['ok'] },
      },
      { digest },
    )
    if (spoil) row[row.length - 3] = (row[row.length - 3] as number) ^ 1
    await writer.publish(grant, { sequence, whole, rows: { put: new Map([[rowName(key, time), row]]), drop: [] }, state: { put: new Map(), drop: [] } })
  }
  const rows = async (symbol = 'BTC/USDT') => {
    await mirror.fetch(symbol)
    return mirror.rows(symbol, key)?.map(({ values }) => values[0])
  }
  return {
    memory,
    mirror,
    publish,
    rows,
    counts,
    state,
    doubt: () => doubters.forEach((doubter) => doubter(true)),
    hear: (update: Update | undefined) => hearers.at(-1)?.(update),
  }
}

const trips = (counts: Record<string, number>) => counts['feature_store_reads_total round_trip']
const corrupt = (counts: Record<string, number>) => counts['feature_store_corrupt_total']

test('one round trip, then every row comes by itself: more than 99 % of reads need none', async () => {
  const { publish, rows, counts } = await makeWorld()
  await publish(1)
  for (let time = 2; time <= 102; time++) {
    await rows()
    await publish(time)
    for (let read = 0; read < 3; read++) assert.deepEqual((await rows())?.at(-1), time)
  }
  assert.deepEqual([trips(counts), (counts['feature_store_reads_total mirror'] as number) > 400], [1, true])
  assert.deepEqual(await rows(), [100, 101, 102])
})

test('news that were missed, news that are damaged, a whole publication and a new connection make the next read a round trip', async () => {
  const { publish, rows, counts, hear, doubt } = await makeWorld()
  await publish(1)
  assert.deepEqual(await rows(), [1])
  const troubles: (() => Promise<void> | void)[] = [
    () => hear(undefined),
    () => hear({ fence: 1, sequence: 99, whole: false, rows: new Map() }),
    () => hear({ fence: 2, sequence: 1, whole: false, rows: new Map() }),
    () => publish(2, { whole: true }),
    () => doubt(),
  ]
  for (const [i, trouble] of troubles.entries()) {
    await trouble()
    await rows()
    await rows()
    assert.equal(trips(counts), i + 2)
  }
  assert.deepEqual([await rows(), corrupt(counts)], [[2], 1])
})

test('old news change nothing', async () => {
  const { publish, rows, counts, hear } = await makeWorld()
  await publish(1)
  await publish(2)
  await rows()
  hear({ fence: 1, sequence: 1, whole: true, rows: new Map() })
  assert.deepEqual([await rows(), trips(counts)], [[1, 2], 1])
})

test('a damaged row is counted and never served: rows behind it are, and a damaged newest one is read again', async () => {
  const { publish, rows, counts } = await makeWorld({ keep: 9 })
  await publish(1)
  await publish(2, { spoil: true })
  await publish(3)
  assert.deepEqual([await rows(), corrupt(counts), trips(counts)], [[3], 1, 1])
  await publish(4, { spoil: true })
  assert.deepEqual([await rows(), await rows()], [[], []])
  assert.equal(trips(counts), 3)
  await publish(4)
  assert.deepEqual((await rows())?.at(-1), 4)
})

test('while the store is away what is mirrored stays readable, and nobody waits', async () => {
  const { publish, rows, mirror, state, doubt, counts } = await makeWorld()
  await publish(1)
  await rows()
  state.connected = false
  doubt()
  assert.equal(mirror.fetch('BTC/USDT'), undefined)
  assert.deepEqual([await rows(), counts['feature_store_reads_total unavailable']], [[1], 2])
  Object.assign(state, { connected: true, fails: true })
  assert.deepEqual(await rows(), [1])
  state.fails = false
  await publish(2)
  assert.deepEqual(await rows(), [1, 2])
})

test('no more symbols are mirrored than allowed: one that was not read lately goes', async () => {
  const { publish, rows, mirror, memory } = await makeWorld({ symbols: 3 })
  const all = ['A/USD', 'B/USD', 'C/USD', 'D/USD', 'E/USD']
  for (const symbol of all) await publish(1, { symbol })
  const mirrored = () => all.filter((symbol) => mirror.rows(symbol, key) !== undefined)
  for (const symbol of ['A/USD', 'B/USD', 'C/USD', 'D/USD']) await rows(symbol)
  await rows('B/USD')
  await rows('E/USD')
  const followed = [...memory.symbols].filter(([, { followers }]) => followers.size > 0).map(([symbol]) => symbol)
  assert.deepEqual(mirrored(), ['B/USD', 'D/USD', 'E/USD'])
  assert.deepEqual(followed.toSorted(), ['B/USD', 'D/USD', 'E/USD'])
})
