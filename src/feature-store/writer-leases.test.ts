import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { MemoryOnlineStore, SharedMemory } from './memory-online-store.ts'
import type { OnlineStore } from './online-store.ts'
import { WriterLeases } from './writer-leases.ts'

const leaseMs = 900
const nothing = async (): Promise<void> => undefined

/** Two replicas with time that stands until it is moved; `a` may be cut off. */
function makeWorld() {
  const memory = new SharedMemory()
  const time = { now: 0 }
  const state = { connected: true }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const due: (() => void)[] = []
  const connections: ((connected: boolean) => void)[] = []
  const make = (replica: string) => {
    const own = new MemoryOnlineStore({ memory, replica, leaseMs, clock })
    const cut = <T>(work: () => Promise<T>): Promise<T> => (replica === 'a' && !state.connected ? Promise.reject(new Error('away')) : work())
    const store: OnlineStore = Object.assign(Object.create(own) as OnlineStore, {
      claim: (symbol: string) => cut(() => own.claim(symbol)),
      renew: (grants: Parameters<OnlineStore['renew']>[0]) => cut(() => own.renew(grants)),
      release: (grants: Parameters<OnlineStore['release']>[0]) => own.release(grants),
      onConnection: (listener: (connected: boolean) => void) => void connections.push(listener),
    })
    Object.defineProperty(store, 'connected', { get: () => replica !== 'a' || state.connected })
    const timer = { after: (_ms: number, run: () => void) => (due.push(run), () => undefined) }
    return new WriterLeases({ store, leaseMs, clock, timer, meter: noMeter })
  }
  return {
    a: make('a'),
    b: make('b'),
    time,
    state,
    memory,
    connection: (connected: boolean) => connections.forEach((tell) => tell(connected)),
    tick: () => due.splice(0).forEach((run) => run()),
  }
}

test('one replica holds a symbol; another is told who, and holds it once the first gave it back', async () => {
  const { a, b } = makeWorld()
  await a.acquire('BTC/USDT', nothing)
  assert.deepEqual([a.holds('BTC/USDT'), b.holds('BTC/USDT')], [true, false])
  await assert.rejects(b.acquire('BTC/USDT', nothing), { code: 'not_the_writer', message: /written by a/, retryAfterMs: leaseMs })
  await a.close()
  await b.acquire('BTC/USDT', nothing)
  assert.deepEqual([a.holds('BTC/USDT'), b.holds('BTC/USDT')], [false, true])
})

test('what is not renewed in time is held no more, and is again when nobody took it over', async () => {
  const { a, time } = makeWorld()
  await a.acquire('BTC/USDT', nothing)
  time.now += leaseMs
  assert.equal(a.holds('BTC/USDT'), false)
  let takenOver = 0
  await a.acquire('BTC/USDT', async () => void (takenOver += 1))
  assert.deepEqual([a.holds('BTC/USDT'), takenOver], [true, 0])
})

test('a symbol that another took over is lost with the next renewal', async () => {
  const { a, b, time, tick } = makeWorld()
  await a.acquire('BTC/USDT', nothing)
  time.now += leaseMs
  await b.acquire('BTC/USDT', nothing)
  const told = new Promise((resolve) => a.onRenewed(resolve))
  tick()
  await told
  assert.deepEqual([a.holds('BTC/USDT'), a.grantOf('BTC/USDT'), b.holds('BTC/USDT')], [false, undefined, true])
})

test('a writer that is cut off goes on: a lease that ran out cannot be shown to be lost', async () => {
  const { a, time, state } = makeWorld()
  await a.acquire('BTC/USDT', nothing)
  state.connected = false
  time.now += 10 * leaseMs
  assert.equal(a.holds('BTC/USDT'), true)
  await assert.rejects(a.acquire('ETH/USDT', nothing))
  assert.equal(a.holds('ETH/USDT'), false)
})

test('a take-over that fails gives the symbol back', async () => {
  const { a, b } = makeWorld()
  await assert.rejects(
    a.acquire('BTC/USDT', () => Promise.reject(new Error('no state'))),
    /no state/,
  )
  assert.equal(a.holds('BTC/USDT'), false)
  await b.acquire('BTC/USDT', nothing)
})

test('a renewal tells of symbols that the store has forgotten', async () => {
  const { a, memory } = makeWorld()
  await a.acquire('BTC/USDT', nothing)
  memory.symbols.clear()
  const told = new Promise<readonly string[]>((resolve) => a.onRenewed(resolve))
  await a.renew()
  assert.deepEqual([await told, a.holds('BTC/USDT')], [['BTC/USDT'], true])
})

test('after the store was away, who wrote before goes on, and others wait for the length of a lease: it may have come back empty', async () => {
  const { a, b, time, memory, connection } = makeWorld()
  connection(true)
  await a.acquire('BTC/USDT', nothing)
  connection(false)
  memory.symbols.clear()
  connection(true)
  await assert.rejects(b.acquire('BTC/USDT', nothing), { code: 'online_store_unavailable', retryAfterMs: leaseMs })
  await a.acquire('BTC/USDT', nothing)
  time.now += leaseMs
  await a.renew()
  await assert.rejects(b.acquire('BTC/USDT', nothing), { code: 'not_the_writer' })
  await b.acquire('ETH/USDT', nothing)
})

test('a store that comes for the first time need not be waited for', async () => {
  const { b, connection } = makeWorld()
  connection(false)
  connection(true)
  await b.acquire('BTC/USDT', nothing)
  assert.equal(b.holds('BTC/USDT'), true)
})
