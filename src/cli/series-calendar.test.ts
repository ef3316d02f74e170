import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { noMeter } from '../contracts/meter.ts'
import { FeatureService } from '../features/feature-service.ts'
import { HistoryProcess } from '../history/history-process.ts'
import { sealedVersions } from '../history/sealed-bars.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { walkBars } from '../market/bar-walk.ts'
import { type BarInput, toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import { walkSessions } from '../market/testing/walk-sessions.ts'
import { systemClock } from '../system.ts'
import { fileFeed } from './feed.ts'
import { diffReport } from './features-diff.ts'
import { registerFeatures } from './features.ts'
import { registerIngest } from './ingest.ts'

const folder = mkdtempSync(join(tmpdir(), 'series-calendar-'))
after(() => rmSync(folder, { recursive: true }))
const [share, coin] = ['SPY/USD', 'BTC/USDT']
/** A Thursday to a Tuesday, with a weekend on which the clocks of New York are changed. */
const span = { from: '2024-03-07T00:00Z', to: '2024-03-13T00:00Z' }
const sessions = walkSessions(span)
const always = walkBars({ seed: 3, count: 6 * 1_440, from: Date.parse(span.from), barMs: 60_000 })
const features = ['close@1m', 'rsi(14)@1m', 'sma(3)@1h', 'zscore(close,30)@1m', 'gap_count(20)@1m', 'beta(BTC/USDT,60)@1m']
const alone = features.filter((id) => !id.startsWith('beta'))

type Sealed = { readonly symbol: string; readonly calendar: string; readonly bars: readonly BarInput[] }

/** Folders of a server that was sent these bars: its journal's, and its history. */
async function seal(name: string, ...all: readonly Sealed[]): Promise<{ readonly market: string; readonly history: string }> {
  const [market, history] = [join(folder, name, 'market'), join(folder, name, 'history')]
  const journal = new FileBarJournal({ folder: market, keepBars: 100_000, clock: systemClock, meter: noMeter })
  for (const { symbol, calendar, bars } of all)
    journal.append(
      new Series({ symbol, timeframe: '1m' }, { calendar, clock: 'live' }),
      bars.map((bar) => toBar(bar, '1m', bar.openTime + 60_100)),
    )
  await journal.close()
  await using process = new HistoryProcess()
  await process.call({ kind: 'seal', market, history, until: Date.UTC(2024, 11), keepDays: 0 })
  return { market, history }
}
const world = await seal('server', { symbol: share, calendar: 'XNYS', bars: sessions }, { symbol: coin, calendar: 'continuous', bars: always })
const monthOf = (history: string, month: string): string => join(history, 'bars', 'symbol=SPY%2FUSD', 'timeframe=1m', `${month}.parquet`)

async function run(t: TestContext, command: string, ...words: string[]): Promise<string> {
  const said = t.mock.method(process.stderr, 'write', () => true)
  const program = new Command('presage').exitOverride()
  registerFeatures(program)
  await program.parseAsync(['features', command, '--timeframe', '1m', ...words], { from: 'user' }).finally(() => said.mock.restore())
  return said.mock.calls.map(({ arguments: [text] }) => String(text)).join('')
}
let files = 0
async function backfill(t: TestContext, ...words: string[]): Promise<{ readonly said: string; readonly text: string }> {
  const out = join(folder, `${++files}.csv`)
  const said = await run(t, 'backfill', '--symbols', share, '--features', alone.join(','), ...words, '--out', out)
  return { said, text: readFileSync(out, 'utf8') }
}
const rowsOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))

/** What a server with both series has at the close of every bar of the share, as CSV writes it. */
function served(): Map<number, string[]> {
  const store = new SeriesStore({ clock: systemClock, meter: noMeter, keepBars: 10_000 })
  const service = new FeatureService({ series: store, clock: systemClock, meter: noMeter })
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: [share] })
  const rows = new Map<number, string[]>()
  let taken = 0
  for (const bar of sessions) {
    const begin = taken
    while ((always[taken]?.openTime ?? Infinity) <= bar.openTime) taken += 1
    store.ingest({ symbol: coin, timeframe: '1m' }, always.slice(begin, taken), { clock: 'replay' })
    store.ingest({ symbol: share, timeframe: '1m' }, [bar], { calendar: 'XNYS', clock: 'replay' })
    const { values } = service.vector(set, share, undefined)
    rows.set(
      bar.openTime + 60_000,
      [...values].map((value) => (Object.is(value, -0) ? '-0' : Number.isNaN(value) ? '' : String(value))),
    )
  }
  return rows
}

test('sealed series of several calendars, over a weekend, are exported as they were served, without a word of their calendars', async (t) => {
  const rows = served()
  const [vectors, matrix] = [join(folder, 'vectors.csv'), join(folder, 'train.csv')]
  const what = ['--symbols', share, '--features', features.join(','), '--history', world.history]
  assert.match(await run(t, 'backfill', ...what, '--out', vectors), /calendars XNYS \(SPY\/USD\), continuous \(BTC\/USDT\)\n/)
  const said = await run(t, 'export', ...what, '--horizon', '15m', '--out', matrix)
  assert.match(said, /quarantined\), calendars XNYS \(SPY\/USD\), continuous/)
  assert.equal(rowsOf(vectors).length, sessions.length)
  for (const cells of rowsOf(vectors)) assert.deepEqual(cells.slice(4), rows.get(Number(cells[1])))
  const exported = rowsOf(matrix)
  assert.ok(exported.length > 1_200, `${exported.length} rows`)
  for (const cells of exported) assert.deepEqual(cells.slice(3, 3 + features.length), rows.get(Number(cells[1])))
  const about = JSON.parse(readFileSync(`${matrix}.json`, 'utf8')) as { bars: readonly { symbol: string; calendar: string }[] }
  assert.deepEqual(
    about.bars.map(({ symbol, calendar }) => [symbol, calendar]),
    [
      [share, 'XNYS'],
      [coin, 'continuous'],
    ],
  )
})

test('a sealed file among --bars says its calendar too; another one is refused, the same is not', async (t) => {
  const file = monthOf(world.history, '2024-03')
  const { said, text } = await backfill(t, '--history', world.history)
  assert.match(said, /calendar XNYS\n/)
  for (const words of [[], ['--calendar', 'XNYS']]) assert.equal((await backfill(t, '--bars', file, ...words)).text, text)
  const refusal = { code: 'validation_failed', message: /follow the calendar XNYS, as it says of itself, not continuous: leave --calendar out/ }
  for (const bars of [
    ['--bars', file],
    ['--history', world.history],
  ])
    await assert.rejects(backfill(t, ...bars, '--calendar', 'continuous'), refusal)
})

test('a sealed file is of the series that it says, wherever it is read', async (t) => {
  const path = monthOf(world.history, '2024-03')
  const refusal = {
    code: 'validation_failed',
    message: /2024-03\.parquet: its bars are of SPY\/USD at 1m, as it says of itself, not of .*; to use them as those, bring them as CSV/,
  }
  const out = ['--features', 'close@5m', '--out', join(folder, 'none.csv')]
  await assert.rejects(run(t, 'backfill', '--symbols', share, '--timeframe', '5m', '--bars', path, ...out), refusal)
  await assert.rejects(run(t, 'backfill', '--symbols', coin, '--bars', path, ...out), refusal)
  await assert.rejects(fileFeed({ path, key: { symbol: share, timeframe: '5m' }, wished: undefined, speed: 60, history: 0 }), refusal)
  const program = new Command('presage')
  registerIngest(program)
  await assert.rejects(
    program.parseAsync(['ingest', 'bars', path, '--symbol', coin, '--timeframe', '1m', '--calendar', 'XNYS', '--key', 'psk_test'], { from: 'user' }),
    refusal,
  )
})

test('files of one series that disagree are refused by name, also where what was served is verified', async (t) => {
  const { history } = await seal('other', {
    symbol: share,
    calendar: 'as_received',
    bars: walkSessions({ from: '2024-04-02T00:00Z', to: '2024-04-03T00:00Z' }),
  })
  copyFileSync(monthOf(world.history, '2024-03'), monthOf(history, '2024-03'))
  const refusal = {
    code: 'validation_failed',
    message: /2024-03\.parquet says that its bars follow the calendar XNYS, .*2024-04\.parquet says as_received/,
  }
  await assert.rejects(backfill(t, '--history', history), refusal)
  await using process = new HistoryProcess()
  await assert.rejects(sealedVersions(process, history, { symbol: share, timeframe: '1m' }), refusal)
})

test('a calendar that is not there is asked for with the option that brings it', async (t) => {
  const { history } = await seal('own', { symbol: share, calendar: 'xlon', bars: sessions.slice(0, 50) })
  await assert.rejects(backfill(t, '--history', history), {
    code: 'validation_failed',
    message: /SPY\/USD in .*: its bars follow the calendar xlon, .* must be one of continuous, .*--calendar-dir names the folder/,
  })
})

test('a journal and a sealed file are compared by their calendar, and not with one that has another', async () => {
  const [journal, file] = [join(world.market, 'bars.log'), monthOf(world.history, '2024-03')]
  const diff = (a: string, b: string) => diffReport([a, b], { symbol: share, timeframe: '1m', features: alone, sets: 'features' })
  const { lines, differ } = await diff(journal, file)
  assert.deepEqual([differ, lines.at(-1)], [false, 'calendar XNYS'])
  const { market } = await seal('third', { symbol: share, calendar: 'as_received', bars: sessions })
  await assert.rejects(diff(file, join(market, 'bars.log')), {
    code: 'validation_failed',
    message: /2024-03\.parquet says .* XNYS, .*bars\.log says as_received/,
  })
})

test('a sealed file that is replayed, or sent to a server, brings its calendar along unless another is wished', async (t) => {
  const path = monthOf(world.history, '2024-03')
  const feedBy = async (wished?: string) => (await fileFeed({ path, key: { symbol: share, timeframe: '1m' }, wished, speed: 60, history: 0 })).calendar
  assert.deepEqual([await feedBy(), await feedBy('as_received')], ['XNYS', 'as_received'])
  const sent = new Set<unknown>()
  const take = async (request: IncomingMessage): Promise<void> => void sent.add(((await json(request)) as { calendar: unknown }).calendar)
  const answer = JSON.stringify({ accepted: 1, revised: 0, unchanged: 0, quarantined: [] })
  const server = createServer((request, response) => void take(request).then(() => response.end(answer)))
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const program = new Command('presage')
  registerIngest(program)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.mock.method(process.stderr, 'write', () => true)
  await program.parseAsync(['ingest', 'bars', path, '--symbol', share, '--timeframe', '1m', '--url', url, '--key', 'psk_test'], { from: 'user' })
  assert.deepEqual([...sent], ['XNYS'])
})
