import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { RecordLog } from '../market/record-log.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'
import { FoldStateLog, type FoldStateLogDeps } from './fold-state-log.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const features = [
  'close@1m',
  'ema(500)@1m',
  'rsi(14)@1m',
  'zscore(ema(rsi(14),5),96)@1m',
  'if(close>sma(20),lag(rsi(14),2),rank(volume,40))@1m',
  'macd(12,26,9)@1m',
  'atr(14)@1m',
  'bb_pctb(20,2)@1m',
  'vol_z(96)@1m',
  'obv_slope(20)@1m',
  'ema(300)@5m',
]
const bars = walkBars({ seed: 21, count: 9_000, from: start, barMs: minute })
const root = mkdtempSync(join(tmpdir(), 'fold-states-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const makeFolder = (): string => join(root, String(++folders))

/** A process with everything on disk; `kill` ends it without closing anything. */
function openProcess(folder: string | undefined, keepBars = 1_500, surroundings: Pick<FoldStateLogDeps, 'clock' | 'openLog'> = { clock }) {
  const journal = folder === undefined ? undefined : new FileBarJournal({ folder, keepBars, clock, meter: noMeter })
  const store = new SeriesStore({ clock, meter: noMeter, keepBars, ...(journal ? { journal } : {}) })
  for (const series of journal?.restored ?? []) store.restore(series)
  const states = folder === undefined ? undefined : new FoldStateLog({ folder, meter: noMeter, ...surroundings })
  const service = new FeatureService({ series: store, clock, meter: noMeter, ...(states ? { states } : {}) })
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'] })
  return {
    states,
    ingest: (part: readonly BarInput[]) => store.ingest(key, part, { clock: 'replay' }),
    read: (closed: number) => {
      const { values, statuses, origin } = service.vector(set, key.symbol, start + closed * minute)
      return `${statuses.join()} ${origin} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')}`
    },
    async close() {
      states?.close()
      await journal?.close()
    },
  }
}
const inChunks = (run: (part: BarInput[]) => void, from: number, to: number): void => {
  for (let at = from; at < to; at += 100) run(bars.slice(at, Math.min(to, at + 100)))
}

test('a process that was killed and started again has the bits of one that never ended, though its first bars are long gone', async () => {
  const uninterrupted = openProcess(undefined, 20_000)
  inChunks(uninterrupted.ingest, 0, 9_000)
  const folder = makeFolder()
  for (const [from, to] of [
    [0, 100],
    [100, 4_733],
    [4_733, 6_400],
    [6_400, 9_000],
  ] as const) {
    const life = openProcess(folder)
    inChunks(life.ingest, from, to)
  }
  const last = openProcess(folder)
  for (const closed of [8_000, 8_500, 8_999, 9_000]) assert.equal(last.read(closed), uninterrupted.read(closed), `after ${closed} bars`)
  await last.close()
})

test('a bar revised just before the end is in the states of the next life', () => {
  const [whole, folder] = [openProcess(undefined, 20_000), makeFolder()]
  inChunks(whole.ingest, 0, 6_000)
  const first = openProcess(folder)
  inChunks(first.ingest, 0, 6_000)
  const revised = { ...(bars[5_100] as BarInput), volume: 1, close: (bars[5_100] as BarInput).open }
  for (const life of [whole, first]) life.ingest([revised])
  const second = openProcess(folder)
  inChunks(second.ingest, 6_000, 9_000)
  inChunks(whole.ingest, 6_000, 9_000)
  assert.equal(openProcess(folder).read(9_000), whole.read(9_000))
})

test('states that are damaged cost a new warm-up from the oldest bar that is kept, never a wrong value', () => {
  const folder = makeFolder()
  const first = openProcess(folder)
  inChunks(first.ingest, 0, 9_000)
  const path = join(folder, 'features.log')
  const bytes = readFileSync(path)
  bytes[200] = (bytes[200] as number) ^ 1
  writeFileSync(path, bytes)
  const second = openProcess(folder)
  assert.ok((second.states?.recovery.lostBytes ?? 0) > 0)
  const [statuses = '', origin] = second.read(9_000).split(' ')
  assert.match(statuses, /^ok,warming,ok/)
  assert.ok(Number(origin) > start + 6_000 * minute)
})

test('restarting again and again does not make the file grow', () => {
  const folder = makeFolder()
  inChunks(openProcess(folder).ingest, 0, 9_000)
  openProcess(folder).read(9_000)
  const size = statSync(join(folder, 'features.log')).size
  for (let i = 0; i < 5; i++) openProcess(folder).read(9_000)
  assert.ok(statSync(join(folder, 'features.log')).size <= size * 1.01)
})

/** A process whose disk refuses states while it is told to, on a clock that is set. */
function openOnFullDisk(folder: string) {
  const disk = { isFull: false }
  const time = { monotonic: 0 }
  class FullLog extends RecordLog {
    override append(...payloads: readonly Uint8Array[]): void {
      if (disk.isFull) throw new Error('ENOSPC: no space left on device')
      super.append(...payloads)
    }
  }
  const openLog = (...given: ConstructorParameters<typeof RecordLog>) => new FullLog(...given)
  return { disk, time, ...openProcess(folder, 1_500, { clock: { monotonic: () => time.monotonic }, openLog }) }
}

test('states that came while the disk was full are written once it takes them again, and the next life has the bits of one that never ended', () => {
  const [uninterrupted, folder] = [openProcess(undefined, 20_000), makeFolder()]
  inChunks(uninterrupted.ingest, 0, 9_000)
  const life = openOnFullDisk(folder)
  inChunks(life.ingest, 0, 3_000)
  life.disk.isFull = true
  inChunks(life.ingest, 3_000, 7_500)
  const size = () => statSync(join(folder, 'features.log')).size
  const before = size()
  life.disk.isFull = false
  inChunks(life.ingest, 7_500, 8_500)
  assert.equal(size(), before, 'not tried before a minute is over')
  life.time.monotonic += 60_000
  inChunks(life.ingest, 8_500, 9_000)
  assert.ok(size() > before)
  assert.equal(openProcess(folder).read(9_000), uninterrupted.read(9_000))
})

test('states that a full disk refused are written when the process ends, if it takes them by then', async () => {
  const [uninterrupted, folder] = [openProcess(undefined, 20_000), makeFolder()]
  inChunks(uninterrupted.ingest, 0, 9_000)
  const life = openOnFullDisk(folder)
  life.disk.isFull = true
  inChunks(life.ingest, 0, 9_000)
  life.disk.isFull = false
  await life.close()
  assert.equal(openProcess(folder).read(9_000), uninterrupted.read(9_000))
})
