import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { SeriesKey } from '../../src/contracts/bar.ts'
import { HistoryProcess } from '../../src/history/history-process.ts'
import { readParquet } from '../../src/history/parquet-file.ts'
import { readBars } from '../../src/history/read-bars.ts'
import type { BarInput } from '../../src/market/check-bar.ts'
import { demoBars, demoKey } from '../../src/market/demo-bars.ts'
import { walkSessions } from '../../src/market/testing/walk-sessions.ts'
import { pathOf } from '../support/pages.ts'
import { pythonOrSkip } from '../support/python.ts'
import { startServer } from './support/start-server.ts'

const run = promisify(execFile)
const patienceMs = 300_000
const realData = pathOf('../shared/data/btcusdt-1m-2021-02-19-week.csv.gz')
const names = ['close', 'logret(1)', 'logret(7)', 'rsi(14)', 'natr(14)', 'bb_pctb(20,2)', 'bb_width(20,2)', 'roc(10)', 'obv_slope(20)', 'vol_z(96)', 'rv(35)']

type Market = SeriesKey & { readonly calendar: string; readonly bars: readonly BarInput[]; readonly ids: readonly string[] }

const marketOf = (key: SeriesKey, calendar: Market['calendar'], bars: readonly BarInput[]): Market => ({
  ...key,
  calendar,
  bars,
  ids: [...names.map((name) => `${name}@${key.timeframe}`), 'tod_sin', 'tod_cos'],
})

const presage = (...words: string[]) => run(process.execPath, [pathOf('bin/presage.js'), 'features', ...words], { cwd: pathOf('.') })

/** The rows of a Parquet file by close: values of the features alone. */
async function rowsOf(path: string, ids: readonly string[]): Promise<Map<number, Float64Array>> {
  await using process = new HistoryProcess()
  const { columns, blocks } = await readParquet(process, [path])
  const rows = new Map<number, Float64Array>()
  for await (const block of blocks)
    for (let row = 0; row < block.rows; row++)
      rows.set(
        Number(block.columns[columns.indexOf('close_time')]?.[row]),
        Float64Array.from(ids, (id) => Number(block.columns[columns.indexOf(id)]?.[row])),
      )
  return rows
}

const bytes = ({ buffer, byteOffset, byteLength }: Float64Array): string => Buffer.from(buffer, byteOffset, byteLength).toString('hex')

/** A server that got bars by HTTP, and the vector that it had at the close of each: read from memory, or folded again where that is long ago. */
async function served(t: TestContext, { ids, bars, ...key }: Market, flags: Readonly<Record<string, string>> = {}) {
  const server = await startServer(t, {
    'market.keepBars': '100000',
    'market.persist': 'true',
    'features.historyRows': '16384',
    routes: '[]',
    'models.eager': '',
    ...flags,
  })
  const set = server.presage.features.declare({ timeframe: key.timeframe, features: ids, window: 1, symbols: [key.symbol] })
  const rows = new Map<number, Float64Array>()
  for (let from = 0; from < bars.length; from += 2_000) {
    const some = bars.slice(from, from + 2_000)
    const body = some.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume])
    const { status } = await server.client.post('/market/bars', { ...key, clock: 'replay', bars: body })
    assert.equal(status, 200)
    for (const bar of server.presage.market.bars(key, { from: some[0]?.openTime ?? 0 }))
      rows.set(bar.closeTime, server.presage.features.vector(set, key.symbol, bar.closeTime).values)
  }
  return { ...server, rows }
}

/** Serves, seals, backfills and exports; every way must give the same bytes. At least a share of the rows has a label. Gives the exported matrix. */
async function compare(t: TestContext, market: Market, labelled = 0.8): Promise<string> {
  const { rows, folder } = await served(t, market)
  const history = join(folder, 'var', 'history')
  await using sealer = new HistoryProcess()
  const report = await sealer.call({ kind: 'seal', market: join(folder, 'var', 'market'), history, until: Date.now(), keepDays: 0 })
  assert.equal(report.bars, rows.size)
  const file = join(folder, 'bars.csv')
  writeFileSync(
    file,
    [
      'open_time,open,high,low,close,volume',
      ...market.bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(',')),
    ].join('\n'),
  )
  const what = ['--symbols', market.symbol, '--timeframe', market.timeframe, '--features', market.ids.join(',')]
  const [fromFile, fromHistory, matrix] = ['file', 'history', 'train'].map((name) => join(folder, `${name}.parquet`)) as [string, string, string]
  await presage('backfill', ...what, '--bars', file, '--calendar', market.calendar, '--out', fromFile)
  await presage('backfill', ...what, '--history', history, '--out', fromHistory)
  await presage('export', ...what, '--history', history, '--horizon', market.timeframe === '1h' ? '2h' : '15m', '--cost-bps', '4', '--out', matrix)
  const [a, b, c] = [await rowsOf(fromFile, market.ids), await rowsOf(fromHistory, market.ids), await rowsOf(matrix, market.ids)]
  assert.ok(c.size > labelled * rows.size, `${c.size} of ${rows.size} rows are labelled`)
  assert.deepEqual([a.size, b.size], [rows.size, rows.size])
  for (const [close, row] of rows)
    for (const way of [a, b, ...(c.has(close) ? [c] : [])]) assert.equal(bytes(way.get(close) as Float64Array), bytes(row), new Date(close).toISOString())
  return matrix
}

test(
  'bars by HTTP, backfilled from a file, from the sealed history and exported give byte-equal vectors; a model retrained from the export is served with parity 100 %',
  { timeout: patienceMs },
  async (t) => {
    const market = marketOf(demoKey, 'as_received', demoBars())
    const matrix = await compare(t, { ...market, ids: market.ids.filter((id) => id !== 'close@1h') })
    const python = pythonOrSkip(t, ['lightgbm', 'sklearn', 'pyarrow'])
    if (python === undefined) return
    const models = join(matrix, '..', 'models')
    const env = { ...process.env, PYTHONPATH: pathOf('examples'), PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' }
    const { stdout } = await run(python, [pathOf('test/e2e/support/train_and_tell.py'), 'train_lightgbm.py', matrix, models], { env })
    const [told] = JSON.parse(stdout) as { name: string; answers: { closeTime: number; row: number[]; up: number[] }[] }[]
    assert.ok(told && told.answers.length > 0)
    const { client } = await served(t, market, { 'models.dir': models })
    assert.equal((await client.post(`/models/${told.name}/versions/1.0.0/load`)).status, 200)
    const { body: version } = await client.get(`/models/${told.name}/versions/1.0.0`)
    assert.ok(version.golden.rows >= 16)
    assert.equal(version.golden.reproduced, version.golden.rows)
    let equal = 0
    for (const { closeTime, row, up } of told.answers) {
      const { status, body } = await client.post('/predict', { symbol: market.symbol, model: told.name, timestamp: new Date(closeTime).toISOString() })
      assert.equal(status, 200, JSON.stringify(body))
      const { body: decision } = await client.get(`/decisions/${body.id}`)
      assert.deepEqual(
        decision.inputs.map(({ value }: { value: number }) => value),
        row,
      )
      if (up.every((one) => decision.output.at(-1) === one)) equal += 1
    }
    t.diagnostic(`parity ${(100 * equal) / told.answers.length} %`)
    assert.equal(equal, told.answers.length)
  },
)

test(
  'minutes of New York over a change of the clock, a half day and a long weekend give byte-equal vectors by every way',
  { timeout: patienceMs },
  async (t) => {
    const spans = [
      { from: '2024-03-05T00:00Z', to: '2024-03-14T00:00Z' },
      { from: '2024-07-01T00:00Z', to: '2024-07-10T00:00Z' },
    ]
    const bars = spans.flatMap((span, seed) => walkSessions({ ...span, seed: seed + 5 }))
    // A minute that is lost on the day before the clock is changed.
    const market = marketOf({ symbol: 'SPY/USD', timeframe: '1m' }, 'XNYS', bars.toSpliced(1_300, 1))
    await compare(t, { ...market, ids: [...market.ids, 'sma(3)@5m', 'sma(3)@1h', 'close@1d', 'gap_count(20)@1m'] }, 0.4)
  },
)

test('a week of real minutes gives byte-equal vectors by every way', { timeout: patienceMs }, async (t) => {
  if (!existsSync(realData)) return t.skip(`${realData} is not there`)
  await compare(t, marketOf({ symbol: 'BTC/USDT', timeframe: '1m' }, 'continuous', await Array.fromAsync(readBars(realData, { timeframe: '1m' }))))
})
