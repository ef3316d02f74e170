import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Bar, SeriesKey } from '../contracts/bar.ts'
import { noFlow } from '../contracts/flow.ts'
import { noMeter } from '../contracts/meter.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { walkBars } from '../market/bar-walk.ts'
import { toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { HistoryProcess } from './history-process.ts'
import type { SealReport } from './seal.ts'
import { type SealedSpan, sealedBars } from './sealed-bars.ts'

const minute = 60_000
const day = 86_400_000
const start = Date.UTC(2024, 0, 30)
const key: SeriesKey = { symbol: 'BTC/USDT', timeframe: '1m' }
const settings = { calendar: 'continuous', clock: 'live' } as const
const clock = { now: () => start, monotonic: () => 0 }
/** Three and a half days over the end of a month, each received 250 ms after its close. */
const bars: readonly Bar[] = walkBars({ seed: 8, count: 3.5 * 1440, from: start, barMs: minute }).map((input) =>
  toBar(input, '1m', input.openTime + minute + 250),
)

function makeWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'history-seal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [market, history] = [join(folder, 'market'), join(folder, 'history')]
  const open = (keepBars = 10_000): FileBarJournal => new FileBarJournal({ folder: market, keepBars, clock, meter: noMeter, keepOld: true })
  return {
    market,
    history,
    files: () => globSync('bars/**/*.parquet', { cwd: history }).toSorted(),
    async journal(some: readonly Bar[], of: SeriesKey = key, keepBars?: number): Promise<void> {
      const journal = open(keepBars)
      for (let from = 0; from < some.length; from += 500) journal.append(new Series(of, settings), some.slice(from, from + 500))
      await journal.close()
    },
    async seal(until = start + 3 * day, keepDays = 0): Promise<SealReport> {
      await using process = new HistoryProcess()
      return await process.call({ kind: 'seal', market, history, until, keepDays })
    },
    async read(span: SealedSpan = {}, of: SeriesKey = key): Promise<Bar[]> {
      await using process = new HistoryProcess()
      return (await sealedBars(process, history, { ...of, span })).bars
    },
  }
}

test('bars of closed days go to a file a month, with every bit; those of the open day wait for theirs', async (t) => {
  const world = makeWorld(t)
  await world.journal(bars)
  assert.deepEqual(await world.seal(), { bars: 3 * 1440, rows: 0, files: 2, removed: 0 })
  assert.deepEqual(
    world.files(),
    ['2024-01', '2024-02'].map((month) => join('bars', 'symbol=BTC%2FUSDT', 'timeframe=1m', `${month}.parquet`)),
  )
  assert.deepEqual(await world.read(), bars.slice(0, 3 * 1440))
  assert.deepEqual(await world.read({ from: start + day, to: start + 2.5 * day }), bars.slice(1440, 2.5 * 1440))
  // The record in which the day ends is read once more.
  assert.deepEqual(await world.seal(start + 4 * day), { bars: 720 + 320, rows: 0, files: 1, removed: 0 })
  assert.deepEqual(await world.read(), bars)
  await assert.rejects(world.read({}, { symbol: 'ETH/USDT', timeframe: '1m' }), {
    code: 'series_not_found',
    message: /No bars of ETH\/USDT at 1m are sealed in .*symbol=ETH%2FUSDT/,
  })
})

test('a revised bar is read as it was known at a moment, a late one not before it came, in any order of sealing', async (t) => {
  const world = makeWorld(t)
  const [revised, late] = [bars[100] as Bar, bars[200] as Bar]
  const known = start + 2 * day
  const better = { ...revised, close: revised.close * 1.0001, high: revised.high * 1.001, receivedTime: known }
  const best = { ...better, volume: 1, receivedTime: known + 5 }
  await world.journal([...bars.filter((bar) => bar !== late), better])
  await world.seal()
  await world.journal([best, { ...late, receivedTime: known + 1 }])
  assert.equal((await world.seal()).files, 1)
  const at = async (span: SealedSpan): Promise<(Bar | undefined)[]> => {
    const found = await world.read(span)
    return [found.find(({ openTime }) => openTime === revised.openTime), found.find(({ openTime }) => openTime === late.openTime)]
  }
  assert.deepEqual(await at({ knownAt: known - 1 }), [revised, undefined])
  assert.deepEqual(await at({ knownAt: known }), [better, undefined])
  assert.deepEqual(await at({ knownAt: known + 4 }), [better, { ...late, receivedTime: known + 1 }])
  assert.deepEqual(await at({}), [best, { ...late, receivedTime: known + 1 }])
  const asOf = start + day
  const early = await world.read({ asOf, knownAt: asOf + 250 })
  assert.deepEqual([early.at(-1)?.closeTime, early.length], [asOf, 1440 - 1])
  assert.equal((await world.read({ asOf, knownAt: asOf + 249 })).at(-1)?.closeTime, asOf - minute)
})

test('zeros keep their sign in every version', async (t) => {
  const world = makeWorld(t)
  const signed = bars.slice(0, 3).map((bar, i) => ({ ...bar, flow: { ...noFlow, ofi: i % 2 ? 0 : -0 } }))
  await world.journal(signed)
  await world.seal()
  await world.journal([{ ...(bars[3] as Bar), flow: { ...noFlow, ofi: -0 } }])
  await world.seal()
  assert.deepEqual(
    (await world.read()).map(({ flow }) => flow?.ofi),
    [-0, 0, -0, -0],
  )
})

test('sealing again writes nothing, also when what was sealed is forgotten', async (t) => {
  const world = makeWorld(t)
  await world.journal(bars)
  await world.seal()
  const print = () => world.files().map((file) => [statSync(join(world.history, file)).mtimeMs, readFileSync(join(world.history, file)).toString('base64')])
  const before = print()
  assert.deepEqual(await world.seal(), { bars: 320, rows: 0, files: 0, removed: 0 })
  rmSync(join(world.history, 'sealed.json'))
  assert.deepEqual(await world.seal(), { bars: 3 * 1440, rows: 0, files: 0, removed: 0 })
  assert.deepEqual(print(), before)
})

test('what the journal drops when it is compacted is sealed from the file before, which goes then', async (t) => {
  const world = makeWorld(t)
  const many = walkBars({ seed: 9, count: 40_000, from: start - 30 * day, barMs: minute }).map((input) => toBar(input, '1m', input.openTime + minute))
  await world.journal(many)
  // Opened anew, the journal keeps the last 1,100 bars of it.
  await world.journal([], key, 1_100)
  const logs = () => globSync('bars*.log', { cwd: world.market }).length
  assert.equal(logs(), 2)
  await world.seal()
  assert.equal(logs(), 1)
  assert.deepEqual(await world.read(), many)
})

test('files go when their whole month is older than they are to be kept', async (t) => {
  const world = makeWorld(t)
  await world.journal(bars)
  await world.seal()
  assert.equal((await world.seal(start + 33 * day, 32)).removed, 0)
  assert.equal((await world.seal(start + 33 * day, 31)).removed, 1)
  assert.deepEqual(
    (await world.read()).map(({ openTime }) => openTime),
    bars.map(({ openTime }) => openTime).filter((open) => open >= Date.UTC(2024, 1, 1)),
  )
})

test('killed at any moment, the sealer leaves whole files only, and the next one ends with what an undisturbed one has', async (t) => {
  const world = makeWorld(t)
  const symbols = ['BTC/USDT', 'ETH/USDT'].map((symbol) => ({ ...key, symbol }))
  for (const of of symbols) await world.journal(bars, of)
  await using reader = new HistoryProcess()
  const read = async (of: SeriesKey): Promise<Bar[]> => (await sealedBars(reader, world.history, { ...of, span: {} })).bars
  let killed = 0
  for (let files = 0; files < 4; files++) {
    await using process = new HistoryProcess()
    const sealing = process.call({ kind: 'seal', market: world.market, history: world.history, until: start + 3 * day, keepDays: 0 })
    const state = { outcome: 'runs' }
    const over = sealing.then(
      () => (state.outcome = 'ended'),
      () => (state.outcome = 'killed'),
    )
    while (state.outcome === 'runs' && globSync('bars/**/*.{parquet,unfinished}', { cwd: world.history }).length <= files) await setImmediate()
    globalThis.process.kill(process.pid ?? 0, 'SIGKILL')
    await over
    if (state.outcome === 'killed') killed += 1
    // Each file that is there is whole, else reading it is refused.
    for (const of of symbols) if (world.files().some((file) => file.includes(encodeURIComponent(of.symbol)))) assert.ok((await read(of)).length > 0)
  }
  assert.ok(killed >= 3, `${killed} killed`)
  await world.seal()
  for (const of of symbols) assert.deepEqual(await read(of), bars.slice(0, 3 * 1440))
  assert.equal(globSync('**/*.unfinished', { cwd: world.history }).length, 0)
})
