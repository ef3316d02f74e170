import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { FeatureSet } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import { DecisionRing } from '../events/decision-ring.ts'
import { makeDecision } from '../events/testing/make-decision.ts'
import { DayLog, type LoggedKind } from '../market/day-log.ts'
import { encodeBooks, encodeTrades } from '../market/flow/flow-records.ts'
import { HistoryProcess } from './history-process.ts'
import { readParquet } from './parquet-file.ts'
import type { SealReport } from './seal.ts'
import { incomingFolder } from './seal-days.ts'
import { headText, VectorBatch } from './vector-records.ts'

const day = 86_400_000
const start = Date.UTC(2024, 0, 30)
const setOf = (digest: string): FeatureSet =>
  ({ digest, ids: ['close@1m', 'rsi(14)@1m'], spec: { timeframe: '1m', features: [], window: 1, symbols: ['*'] } }) as unknown as FeatureSet

/** A record of vectors that were served at some moments. */
function vectorsRecord(digest: string, moments: readonly number[]): Uint8Array {
  const [ring, batch] = [new DecisionRing({ decisions: 10_000, bytes: 10_000_000 }), new VectorBatch()]
  for (const at of moments)
    ring.append(
      makeDecision({ id: `${digest} ${at}`, at, asOf: at, featureSetDigest: digest, supplied: [], vector: Float64Array.of(at, -0), statuses: ['ok', 'ok'] }),
    )
  ring.readSince(0, (raw) => (batch.add(raw, headText(raw.shared, setOf(digest))), true))
  return batch.record()
}

function makeWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'history-days-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [market, history] = [join(folder, 'market'), join(folder, 'history')]
  return {
    history,
    files: () => globSync('{vectors,ticks,books}/**/*.parquet', { cwd: history }).toSorted(),
    logs: () => globSync('incoming/*.log', { cwd: history }).length,
    /** Logs a record at a moment. */
    async log(kind: LoggedKind, now: number, ...records: readonly Uint8Array[]): Promise<void> {
      const log = new DayLog({ folder: incomingFolder(history), kind, maxBytes: 1e9, clock: { now: () => now, monotonic: () => 0 }, meter: noMeter })
      for (const record of records) log.append(record, 1)
      await log.close()
    },
    request: { kind: 'seal', market, history, until: start + 2 * day, keepDays: 0 } as const,
    async seal(over: { readonly until?: number; readonly keepDays?: number; readonly rawKeepDays?: number } = {}): Promise<SealReport> {
      await using process = new HistoryProcess()
      return await process.call({ ...this.request, ...over })
    },
    async read(files: readonly string[]): Promise<unknown[][]> {
      await using process = new HistoryProcess()
      const { blocks } = await readParquet(
        process,
        files.map((file) => join(history, file)),
      )
      return (await Array.fromAsync(blocks)).flatMap(({ rows, columns }) => Array.from({ length: rows }, (_, row) => columns.map((column) => column[row])))
    },
  }
}
/** A record of each kind with rows of some moments, as `read` gives the first and last of their numbers. */
const kinds: Readonly<Record<LoggedKind, (name: string, moments: readonly number[]) => Uint8Array>> = {
  vectors: vectorsRecord,
  ticks: (name, moments) =>
    encodeTrades({
      symbol: `${name}/USD`,
      receivedTime: start,
      events: moments.map((time, i) => ({ time, price: 1 / 3 + i, size: 5e-324, ...(i % 2 ? { id: `t${i}` } : { side: 'buy' as const }) })),
    }),
  books: (name, moments) =>
    encodeBooks({
      symbol: `${name}/USD`,
      receivedTime: start,
      events: moments.map((time) => ({
        time,
        bids: [
          [1 / 3, time / 7],
          [0.3, 1e-7],
        ],
        asks: [[0.1 + 0.2 + 1, 2]],
      })),
    }),
}
const nameOf = { vectors: (name: string) => `set=${name}`, ticks: (name: string) => `symbol=${name}%2FUSD`, books: (name: string) => `symbol=${name}%2FUSD` }
const timeColumn = { vectors: 3, ticks: 0, books: 0 }
const moments = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i * 1_000)

test('vectors of closed days go to a file for each set and day of serving, their log goes then; the open day waits', async (t) => {
  const world = makeWorld(t)
  await world.log('vectors', start + 1, vectorsRecord('one', moments(start + 5, 10)), vectorsRecord('other', moments(start + 5, 3)))
  await world.log('vectors', start + 2 * day + 200_000, vectorsRecord('one', moments(start + 2 * day, 4)))
  assert.deepEqual(await world.seal(), { bars: 0, rows: 13, files: 2, removed: 0 })
  assert.deepEqual([world.files(), world.logs()], [['one', 'other'].map((set) => join('vectors', `set=${set}`, '2024-01-30.parquet')), 1])
  const rows = await world.read(world.files().slice(0, 1))
  assert.deepEqual(
    rows.map((row) => [row[0], row[3], row[4], row.at(-2), row.at(-1)]),
    moments(start + 5, 10).map((at) => ['BTC/USDT', at, `one ${at}`, at, -0]),
  )
})

for (const kind of Object.keys(kinds) as LoggedKind[]) {
  const record = kinds[kind]
  const timesOf = (rows: unknown[][]): unknown[] => rows.map((row) => row[timeColumn[kind]])

  test(`${kind} that came after the end of their day, and those that were sealed before, are added to their file once`, async (t) => {
    const world = makeWorld(t)
    const first = record('ONE', moments(start + 5, 10))
    await world.log(kind, start + 1, first)
    await world.seal()
    const [file = ''] = world.files()
    const before = await world.read([file])
    await world.log(kind, start + day + 200_000, first, record('ONE', [start + 7, start + day + 9]))
    assert.deepEqual(await world.seal(), { bars: 0, rows: 12, files: 2, removed: 0 })
    const after = await world.read(world.files())
    assert.deepEqual(
      timesOf(after),
      [...moments(start + 5, 10), start + 7, start + day + 9].toSorted((a, b) => a - b),
    )
    assert.deepEqual(after.toSpliced(1, 1).slice(0, 10), before, 'every bit of what was there')
  })

  test(`${kind}: killed at any moment, the sealer leaves whole files only, and the next one ends with what an undisturbed one has`, async (t) => {
    const world = makeWorld(t)
    const all = [0, 1, 2].flatMap((nth) => ['ONE', 'TWO'].map((name) => ({ name, at: moments(start + nth * day + 5, 2_000) })))
    for (const { name, at } of all) await world.log(kind, Math.min(...at) + Number(name === 'TWO'), record(name, at))
    let killed = 0
    for (let files = 0; files < 5; files++) {
      await using process = new HistoryProcess()
      const state = { outcome: 'runs' }
      const over = process.call({ ...world.request, until: start + 5 * day }).then(
        () => (state.outcome = 'ended'),
        () => (state.outcome = 'killed'),
      )
      while (state.outcome === 'runs' && globSync(`${kind}/**/*.{parquet,unfinished}`, { cwd: world.history }).length <= files) await setImmediate()
      globalThis.process.kill(process.pid ?? 0, 'SIGKILL')
      await over
      if (state.outcome === 'killed') killed += 1
      // Each file that is there is whole, else reading it is refused.
      if (world.files().length > 0) assert.equal((await world.read(world.files())).length, 2_000 * world.files().length)
    }
    assert.ok(killed >= 3, `${killed} killed`)
    await world.seal({ until: start + 5 * day })
    assert.deepEqual([world.files().length, world.logs(), globSync('**/*.unfinished', { cwd: world.history }).length], [6, 0, 0])
    for (const { name, at } of all) {
      const path = join(kind, nameOf[kind](name), `${new Date(at[0] as number).toISOString().slice(0, 10)}.parquet`)
      assert.deepEqual(timesOf(await world.read([path])), at)
    }
  })
}

test('files go when their day is older than they are to be kept, trades and order books by a limit of their own', async (t) => {
  const world = makeWorld(t)
  for (const kind of Object.keys(kinds) as LoggedKind[]) await world.log(kind, start + 1, kinds[kind]('ONE', [start + 5]))
  await world.seal()
  assert.equal((await world.seal({ until: start + 4 * day, keepDays: 4, rawKeepDays: 4 })).removed, 0)
  assert.equal((await world.seal({ until: start + 4 * day, keepDays: 0, rawKeepDays: 3 })).removed, 2)
  assert.equal((await world.seal({ until: start + 4 * day, keepDays: 3 })).removed, 1)
})
