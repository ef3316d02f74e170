import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noFlow } from '../contracts/flow.ts'
import { noMeter } from '../contracts/meter.ts'
import { FileBarJournal } from './bar-journal.ts'
import { decodeRecord, encodeRecord } from './bar-records.ts'
import { walkBars } from './bar-walk.ts'
import type { BarInput } from './check-bar.ts'
import { RecordLog } from './record-log.ts'
import { SeriesStore } from './series-store.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 30 * 86_400_000, monotonic: () => 0 }
const btc = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const walk = (count: number) => walkBars({ seed: 3, count, from: start, barMs: minute })
const root = mkdtempSync(join(tmpdir(), 'bar-journal-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const makeFolder = (): string => join(root, String(++folders))
function open(folder: string, keepBars = 1_100) {
  const journal = new FileBarJournal({ folder, keepBars, clock, meter: noMeter })
  const store = new SeriesStore({ clock, meter: noMeter, keepBars, journal })
  for (const series of journal.restored) store.restore(series)
  return { store, close: () => journal.close() }
}
const contents = (store: SeriesStore) => ({
  described: store.describe().map((description) => ({ ...description, quarantined: 0 })),
  bars: [...store.all()].map(({ key }) => store.bars(key)),
  revisions: [...store.all()].map(({ key }) => store.bars(key).map(({ openTime }) => store.revisions(key, openTime))),
})

test('a restart restores bars, revisions, settings and longer series', async () => {
  const folder = makeFolder()
  const first = open(folder)
  first.store.derive('1m', '5m')
  first.store.ingest(btc, walk(30), { calendar: 'continuous', clock: 'replay' })
  first.store.ingest(btc, [{ ...(walk(8)[7] as BarInput), volume: 1 }])
  first.store.ingest({ symbol: 'URTH/USD', timeframe: '1h' }, walkBars({ seed: 1, count: 5, from: start, barMs: 3_600_000 }), { calendar: 'as_received' })
  const before = contents(first.store)
  await first.close()
  const second = open(folder)
  assert.deepEqual(contents(second.store), before)
  second.store.derive('1m', '5m')
  assert.equal(second.store.ingest(btc, walk(30)).unchanged, 29)
  await second.close()
})

test('a restart restores the order flow of bars, and bars without one as they were', async () => {
  const folder = makeFolder()
  const first = open(folder)
  const [plain, ...withTakers] = walk(5).map((bar) => ({ ...bar, takerBuyVolume: bar.volume / 3 }))
  first.store.ingest(btc, [{ ...(walk(1)[0] as BarInput), close: plain?.close ?? 0 }, ...withTakers])
  const before = contents(first.store)
  assert.deepEqual(
    before.bars[0]?.map(({ flow }) => flow?.takerBuyVolume),
    [undefined, ...withTakers.map(({ takerBuyVolume }) => takerBuyVolume)],
  )
  await first.close()
  const second = open(folder)
  assert.deepEqual(contents(second.store), before)
  await second.close()
})

test('bars without order flow are written as the releases before it wrote and read them', () => {
  const bar = { ...(walk(1)[0] as BarInput), closeTime: start + minute, receivedTime: start, empty: false }
  const about = { kind: 'bars', key: btc, settings: { calendar: 'continuous', clock: 'live' } } as const
  const head = Buffer.from(JSON.stringify(about))
  const old = Buffer.alloc(4 + head.length + 65)
  old.writeUInt32LE(head.length)
  head.copy(old, 4)
  const { openTime, closeTime, receivedTime, open: opens, high, low, close, volume } = bar
  for (const [i, value] of [openTime, closeTime, receivedTime, opens, high, low, close, volume].entries()) old.writeDoubleLE(value, 4 + head.length + 8 * i)
  assert.deepEqual(encodeRecord({ ...about, bars: [bar] }), old)
  assert.deepEqual(decodeRecord(old).bars, [bar])
})

test('numbers of order flow that this release does not know are left out', () => {
  const bar = { ...(walk(1)[0] as BarInput), closeTime: start + minute, receivedTime: start, empty: false, flow: { ...noFlow, ofi: 7 } }
  const record = Buffer.from(encodeRecord({ kind: 'bars', key: btc, settings: { calendar: 'continuous', clock: 'live' }, bars: [bar] }))
  assert.deepEqual(decodeRecord(record).bars, [bar])
  record.write('xyz', record.indexOf('"ofi"') + 1, 'latin1')
  assert.equal(decodeRecord(record).bars[0]?.flow, undefined)
})

test('bars survive without closing: an ingest is written before it returns', () => {
  const folder = makeFolder()
  open(folder).store.ingest(btc, walk(10))
  assert.equal(open(folder).store.bars(btc).length, 10)
})

test('a file of bars that comes in at once is written, however many they are', async () => {
  const folder = makeFolder()
  const count = 150_000
  const first = open(folder, count)
  const seconds = { ...btc, timeframe: '1s' } as const
  first.store.ingest(seconds, walkBars({ seed: 3, count, from: start, barMs: 1_000 }), { clock: 'replay' })
  await first.close()
  const second = open(folder, count)
  assert.equal(second.store.bars(seconds).length, count)
  await second.close()
})

test('a journal cut at any byte restores the bars of a prefix of the ingests', () => {
  const folder = makeFolder()
  const { store } = open(folder)
  for (const bar of walk(6)) store.ingest(btc, [bar])
  const path = join(folder, 'bars.log')
  const bytes = readFileSync(path)
  const all = walk(6).map(({ close }) => close)
  for (let length = 0; length < bytes.length; length += 7) {
    writeFileSync(path, bytes.subarray(0, length))
    const restored = open(folder)
    const bars = restored.store.find('BTC/USDT', '1m') ? restored.store.bars(btc) : []
    assert.deepEqual(
      bars.map(({ close }) => close),
      all.slice(0, bars.length),
    )
    assert.ok(bars.length < 6)
  }
})

test('opening compacts a journal that holds far more than is kept, and loses nothing that is kept', async () => {
  const folder = makeFolder()
  const first = open(folder)
  const bars = walk(40_000)
  for (let from = 0; from < bars.length; from += 500) first.store.ingest(btc, bars.slice(from, from + 500))
  const late = bars.at(-400) as BarInput
  for (const volume of [1, 2, 3]) first.store.ingest(btc, [{ ...late, volume }])
  const before = contents(first.store)
  await first.close()
  const size = statSync(join(folder, 'bars.log')).size
  const second = open(folder)
  await second.close()
  assert.ok(statSync(join(folder, 'bars.log')).size < size / 4)
  const third = open(folder)
  assert.deepEqual(contents(third.store), before)
  assert.equal(third.store.revisions(btc, late.openTime).length, 3)
  await third.close()
})

test('a disk that takes no more bars is shown, and the store goes on', async () => {
  const folder = makeFolder()
  const shown: number[] = []
  const meter = { ...noMeter, gauge: () => ({ set: (value: number) => void shown.push(value) }) }
  const journal = new FileBarJournal({ folder, keepBars: 1_100, clock, meter })
  await journal.close()
  const store = new SeriesStore({ clock, meter: noMeter })
  store.ingest(btc, walk(1))
  journal.append(store.find('BTC/USDT', '1m') as never, store.bars(btc))
  assert.equal(journal.healthy, false)
  assert.deepEqual(shown, [0, 1])
})

/** A journal on a disk that refuses while it is told to, and a store over it. */
function openOnFullDisk(folder: string, keepBars = 1_100) {
  const disk = { isFull: false, syncs: true }
  const time = { monotonic: 0 }
  class FullLog extends RecordLog {
    override append(...payloads: readonly Uint8Array[]): void {
      if (disk.isFull) throw new Error('ENOSPC: no space left on device')
      super.append(...payloads)
    }
    override sync(): Promise<void> {
      return disk.syncs ? super.sync() : Promise.reject(new Error('EIO: i/o error'))
    }
  }
  const ticking = { now: clock.now, monotonic: () => time.monotonic }
  const openLog = (...given: ConstructorParameters<typeof RecordLog>) => new FullLog(...given)
  const journal = new FileBarJournal({ folder, keepBars, clock: ticking, meter: noMeter, openLog })
  return { disk, time, journal, store: new SeriesStore({ clock, meter: noMeter, keepBars, journal }) }
}

test('bars that came while the disk was full are written once it takes them again', () => {
  const folder = makeFolder()
  const { disk, time, journal, store } = openOnFullDisk(folder)
  store.ingest(btc, walk(5))
  disk.isFull = true
  store.ingest(btc, walk(8).slice(5))
  store.ingest(btc, [{ ...(walk(3)[2] as BarInput), volume: 1 }])
  store.ingest({ ...btc, symbol: 'ETH/USDT' }, walk(4))
  disk.isFull = false
  store.ingest(btc, walk(9).slice(8))
  assert.equal(journal.healthy, false)
  time.monotonic += 60_000
  store.ingest(btc, walk(10).slice(9))
  assert.equal(journal.healthy, true)
  assert.deepEqual(contents(open(folder).store), contents(store))
})

test('of a series that came to lack more bars than are kept of it, all is written anew', () => {
  const folder = makeFolder()
  const { disk, time, store } = openOnFullDisk(folder)
  store.ingest(btc, walk(300))
  disk.isFull = true
  for (let from = 300; from < 2_800; from += 500) store.ingest(btc, walk(2_800).slice(from, from + 500))
  disk.isFull = false
  time.monotonic += 60_000
  store.ingest(btc, walk(2_801).slice(-1))
  assert.deepEqual(contents(open(folder).store), contents(store))
})

test('bars that a full disk refused are written when the journal is closed, if it takes them by then', async () => {
  const folder = makeFolder()
  const { disk, journal, store } = openOnFullDisk(folder)
  disk.isFull = true
  store.ingest(btc, walk(5))
  disk.isFull = false
  await journal.close()
  assert.equal(open(folder).store.bars(btc).length, 5)
})

test('what a failed sync may have lost is written again as a whole', async () => {
  const folder = makeFolder()
  const { disk, time, journal, store } = openOnFullDisk(folder)
  store.ingest(btc, walk(5))
  disk.syncs = false
  time.monotonic += 1_000
  store.ingest(btc, walk(6).slice(5))
  await Promise.resolve().then(() => undefined)
  assert.equal(journal.healthy, false)
  writeFileSync(join(folder, 'bars.log'), readFileSync(join(folder, 'bars.log')).subarray(0, 8))
  disk.syncs = true
  time.monotonic += 60_000
  store.ingest(btc, walk(7).slice(6))
  assert.equal(journal.healthy, true)
  assert.deepEqual(contents(open(folder).store), contents(store))
  await journal.close()
})
