import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from './bar-walk.ts'
import { Replay, type ReplayOptions } from './replay.ts'
import { SeriesStore } from './series-store.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const key: SeriesKey = { symbol: 'BTC/USDT', timeframe: '1m' }

/** A clock that stands still until it is told to run, and runs what is due on the way. */
function makeTime() {
  let ms = 0
  let pending: { at: number; run: () => void } | undefined
  return {
    clock: { now: () => start + 30 * 86_400_000, monotonic: () => ms },
    timer: {
      after(delay: number, run: () => void) {
        const entry = { at: ms + delay, run }
        pending = entry
        return () => {
          if (pending === entry) pending = undefined
        }
      },
    },
    run(until: number) {
      while (pending && pending.at <= until) {
        const { at, run } = pending
        pending = undefined
        ms = Math.max(ms, at)
        run()
      }
      ms = until
    },
  }
}

function makeReplay(overrides: Partial<ReplayOptions> = {}) {
  const time = makeTime()
  const store = new SeriesStore({ clock: time.clock, meter: noMeter })
  const heard: number[] = []
  store.onClose(({ appended }) => heard.push(appended.length))
  const bars = walkBars({ seed: 2, count: 20, from: start, barMs: minute })
  const replay = new Replay({ store, clock: time.clock, timer: time.timer }, { key, calendar: 'continuous', bars, speed: 60, prefill: 5, ...overrides })
  return { replay, store, time, heard }
}

test('a replay begins with its history in one piece, then closes a bar every timeframe / speed', async () => {
  const { replay, store, time, heard } = makeReplay()
  replay.start()
  assert.deepEqual(heard, [5])
  time.run(999)
  assert.equal(store.bars(key).length, 5)
  time.run(1_000)
  assert.equal(store.bars(key).length, 6)
  time.run(3_500)
  assert.deepEqual(heard, [5, 1, 1, 1])
  assert.deepEqual(replay.progress, { fed: 8, of: 20 })
  time.run(60_000)
  assert.equal(await replay.done, 'ended')
  assert.equal(store.bars(key).length, 20)
})

test('the series of a replay has the clock `replay`', () => {
  const { replay, store } = makeReplay()
  replay.start()
  assert.equal(store.describe()[0]?.clock, 'replay')
})

test('a replay faster than its timer still closes every bar on its own, and does not fall behind', () => {
  const { replay, store, time, heard } = makeReplay({ speed: 6_000_000 })
  replay.start()
  time.run(1)
  assert.equal(store.bars(key).length, 20)
  assert.ok(heard.slice(1).every((count) => count === 1))
})

test('a timer that comes late does not slow the replay down', () => {
  const { replay, store, time } = makeReplay()
  replay.start()
  const { clock } = time
  const after = clock.monotonic()
  time.run(after + 500)
  time.run(after + 10_000)
  assert.equal(store.bars(key).length, 15)
})

test('a stopped replay feeds nothing more', async () => {
  const { replay, store, time } = makeReplay()
  replay.start()
  time.run(2_000)
  replay.stop()
  time.run(60_000)
  assert.equal(store.bars(key).length, 7)
  assert.equal(await replay.done, 'stopped')
})

test('a replay into a series with other settings says so', async () => {
  const { replay, store } = makeReplay()
  store.ingest(key, walkBars({ seed: 2, count: 1, from: start, barMs: minute }), { clock: 'live' })
  replay.start()
  await assert.rejects(replay.done, (error) => error instanceof ServingError && error.code === 'series_conflict')
})

test('a speed that is not a positive number is refused', () => {
  assert.throws(() => makeReplay({ speed: 0 }), RangeError)
  assert.throws(() => makeReplay({ speed: NaN }), RangeError)
})
