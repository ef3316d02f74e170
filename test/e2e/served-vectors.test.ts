import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { ParquetWriter, readParquet } from '../../src/history/parquet-file.ts'
import { vectorTable } from '../../src/history/vector-table.ts'
import { HistoryProcess } from '../../src/history/history-process.ts'
import { walkBars } from '../../src/market/bar-walk.ts'
import type { BarInput } from '../../src/market/check-bar.ts'
import { pathOf } from '../support/pages.ts'
import { pythonOrSkip } from '../support/python.ts'
import { startServer } from './support/start-server.ts'

const run = promisify(execFile)
const minute = 60_000
const day = 86_400_000
const symbol = 'BTC/USDT'
const start = Math.floor(Date.now() / minute) * minute - 1_500 * minute
const bars = walkBars({ seed: 21, count: 1_500, from: start, barMs: minute })

const presage = (...words: string[]) =>
  run(process.execPath, [pathOf('bin/presage.js'), 'features', ...words], { cwd: pathOf('.') }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )

/** A server that gets bars, a late one and a revised one among them, and predicts in between; then what it kept is sealed. Gives the folder of its history and the ids of predictions. */
async function serveAndSeal(
  t: TestContext,
  flags: Readonly<Record<string, string>> = {},
): Promise<{ readonly history: string; readonly ids: readonly string[] }> {
  const { client, folder, stop } = await startServer(t, { 'market.persist': 'true', 'models.eager': 'momentum', ...flags })
  const send = async (some: readonly BarInput[]): Promise<void> => {
    const rows = some.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume])
    const { status } = await client.post('/market/bars', { symbol, timeframe: '1m', bars: rows })
    assert.equal(status, 200)
  }
  const ids: string[] = []
  const predict = async (body: object = {}): Promise<void> => {
    const { status, body: answer } = await client.post('/predict', { symbol, ...body })
    if (status === 200) ids.push(answer.id)
    else assert.equal(status, 503, JSON.stringify(answer))
  }
  const at = (nth: number): BarInput => bars[nth] as BarInput
  const closeOf = (nth: number): string => new Date(at(nth).openTime + minute).toISOString()
  const late = 1_380
  await send(bars.slice(0, 1_400).toSpliced(late, 1))
  for (let nth = 1_400; nth < bars.length; nth++) {
    await send([at(nth)])
    await predict({ timestamp: closeOf(nth) })
    if (nth === 1_430) await send([at(late)])
    if (nth === 1_450) await send([{ ...at(1_440), close: at(1_440).open }])
    if (nth % 20 === 0) await predict({ timestamp: closeOf(1_435) })
    if (nth % 20 === 0) await predict({ timestamp: closeOf(nth), model: 'lstm_momentum_v1' })
  }
  await predict({ features: { rsi: 50 }, timestamp: closeOf(1_499) })
  await stop()
  const history = join(folder, 'var', 'history')
  await using sealer = new HistoryProcess()
  const report = await sealer.call({ kind: 'seal', market: join(folder, 'var', 'market'), history, until: Date.now() + 2 * day, keepDays: 0 })
  assert.equal(report.rows, ids.length)
  return { history, ids }
}

/** Moves one sealed value by the smallest step that there is; gives it. */
async function tamper(history: string): Promise<number> {
  await using process = new HistoryProcess()
  for (const name of globSync('vectors/*/*.parquet', { cwd: history })) {
    const path = join(history, name)
    const { columns, blocks, abouts } = await readParquet(process, [path])
    const [block] = await Array.fromAsync(blocks)
    const about = abouts[0]?.text ?? ''
    const values = block?.columns[columns.indexOf('rsi(14)@1m')] as Float64Array
    if (block?.columns[columns.indexOf('model')]?.[0] !== 'momentum') continue
    new BigInt64Array(values.buffer, values.byteOffset, 1)[0]! += 1n
    const writer = new ParquetWriter(process, vectorTable(history, JSON.parse(about)).columns)
    await writer.add(block)
    await writer.save(path, JSON.parse(about))
    return values[0] as number
  }
  return assert.fail('no vectors of momentum')
}

type Told = {
  readonly rows: number
  readonly ids: string[]
  readonly compared: number
  readonly different: string[]
  readonly exceptions: Record<string, string>[]
  readonly types: Record<string, string>
}

const script = `
import glob, json, struct, sys
import pandas as pd, polars as pl
history, backfill = sys.argv[1:]
path = next(path for path in glob.glob(history + '/vectors/*/*.parquet') if 'momentum' in set(pd.read_parquet(path)['model']))
served, again, p = pd.read_parquet(path), pd.read_parquet(backfill).set_index('close_time'), pl.read_parquet(path)
ids = [name for name in served.columns if name in again.columns and ('@' in name or name.startswith('tod_'))]
bits = lambda x: struct.pack('<d', x)
compared, different = 0, []
for row in served.to_dict('records'):
    close = int(row['close_time'].timestamp() * 1000)
    if again[again.index <= close]['received_time'].max() > row['served_time']: continue
    known = again.loc[close]
    exceptions = json.loads(row['exceptions']) if isinstance(row['exceptions'], str) else {}
    for name in ids:
        if exceptions.get(name) == 'caller': continue
        compared += 1
        if bits(row[name]) != bits(known[name]): different.append(name)
print(json.dumps({
  'rows': len(p), 'ids': list(p['prediction_id']), 'compared': compared, 'different': different,
  'exceptions': [json.loads(x) for x in served['exceptions'].dropna()],
  'types': {name: str(p[name].dtype) for name in ('symbol', 'as_of', 'served_time', 'window', ids[0])},
}))`

test('what predictions saw is sealed, and is bit for bit what is recomputed from the sealed bars as known then, by presage features verify and by a backfill read in Python', async (t) => {
  const { history, ids } = await serveAndSeal(t)
  const { code, stdout, stderr } = await presage('verify', '--history', history)
  assert.equal(code, 0, stdout + stderr)
  assert.match(stderr, new RegExp(`verify: ${ids.length} vectors, [\\d]{4} values compared, 0 different, calendar continuous`))
  assert.match(stdout, /older rows of windows +\d/)
  await t.test('a backfill read by pandas and polars has the same bits', async (t) => {
    const python = pythonOrSkip(t, ['pandas', 'polars', 'pyarrow'])
    if (python === undefined) return
    const out = join(history, 'backfill.parquet')
    const manifest = pathOf('examples/models/momentum/1.2.3/model.yaml')
    assert.equal((await presage('backfill', '--history', history, '--symbols', symbol, '--timeframe', '1m', '--set', manifest, '--out', out)).code, 0)
    const { stdout: read, stderr: why } = spawnSync(python, ['-c', script, history, out], { encoding: 'utf8' })
    const told = JSON.parse(read || assert.fail(why)) as Told
    assert.deepEqual([told.different, told.rows < ids.length, told.ids.every((id) => ids.includes(id))], [[], true, true])
    assert.ok(told.compared > 1_000, `${told.compared} compared`)
    assert.deepEqual(told.exceptions.at(-1), { 'rsi(14)@1m': 'caller' })
    assert.deepEqual(told.types, {
      symbol: 'String',
      as_of: "Datetime(time_unit='us', time_zone='UTC')",
      served_time: "Datetime(time_unit='us', time_zone='UTC')",
      window: 'Int64',
      'close@1m': 'Float64',
    })
  })
  const tampered = await tamper(history)
  const again = await presage('verify', '--history', history, '--symbols', symbol)
  assert.equal(again.code, 1)
  assert.match(again.stdout, new RegExp(`rsi\\(14\\)@1m +\\d+ +1 +0 +BTC/USDT as of .*, served ${tampered}, recomputed [\\d.]+, prediction [0-9a-f-]{36}`))
  assert.match(again.stderr, /, 1 different/)
})
