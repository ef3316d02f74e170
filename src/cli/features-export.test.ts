import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { pythonOrSkip } from '../../test/support/python.ts'
import { openTableFile } from '../history/table-file.ts'
import { walkBars } from '../market/bar-walk.ts'
import { registerFeatures } from './features.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-export-'))
after(() => rmSync(folder, { recursive: true }))
const start = Date.UTC(2024, 0, 1)

/** Bars of a symbol in a file of either form. */
async function barsFile(name: string, seed: number): Promise<string> {
  const path = join(folder, name)
  await using file = openTableFile(path, [
    { name: 'open_time', type: 'time' },
    ...['open', 'high', 'low', 'close', 'volume'].map((column) => ({ name: column, type: 'double' }) as const),
  ])
  for (const bar of walkBars({ seed, count: 600, from: start, barMs: 60_000 }))
    await file.add([bar.openTime, bar.open, bar.high, bar.low, bar.close, bar.volume])
  await file.save({})
  return path
}
const [btc, eth, ethAgain] = await Promise.all([barsFile('btc.csv', 1), barsFile('eth.parquet', 2), barsFile('eth.csv', 2)])

async function run(t: TestContext, ...words: string[]): Promise<string> {
  const said = t.mock.method(process.stderr, 'write', () => true)
  const program = new Command('presage').exitOverride().configureOutput({ writeErr() {} })
  registerFeatures(program)
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride().configureOutput({ writeErr() {} })
  const heard = (): string => said.mock.calls.map(({ arguments: [text] }) => String(text)).join('')
  try {
    await program.parseAsync(['features', 'export', '--timeframe', '1m', '--horizon', '15m', ...words], { from: 'user' })
    return heard()
  } catch (error) {
    throw Object.assign(error as Error, { heard: heard() })
  } finally {
    said.mock.restore()
  }
}
const both = ['--symbols', 'ETH/USDT,BTC/USDT', '--features', 'close@1m,rsi(14)@1m,beta(BTC/USDT,60)@1m']
const barriers = ['--labels', 'triple-barrier', '--sigma-bars', '20', '--up', '0.5', '--down', '0.5']

const script = `
import json, sys, numpy as np, pandas as pd, polars as pl
parquet, text = sys.argv[1:]
a, b = pd.read_parquet(parquet), pd.read_csv(text, parse_dates=['as_of'], float_precision='round_trip')
p, q = pl.read_parquet(parquet), pl.read_csv(text, try_parse_dates=True)
same = lambda x, y: bool(((x == y) | (pd.isna(x) & pd.isna(y))).all())
print(json.dumps({
  'rows': len(a), 'columns': list(a.columns) == list(b.columns) == p.columns == q.columns,
  'pandas': [name for name in a.columns if not same(a[name], b[name])],
  'polars': [name for name in p.columns if name != 'as_of' and not p[name].equals(q[name], check_dtypes=True, null_equal=True)],
  'types': {name: [str(a[name].dtype), str(b[name].dtype), str(p[name].dtype)] for name in a.columns},
  'times': same(a['as_of'].astype('int64') // 1000, a['close_time']),
}))`

test('pandas and polars read the Parquet with the values and the types of the CSV', async (t) => {
  const python = pythonOrSkip(t, ['pandas', 'pyarrow', 'polars'])
  if (python === undefined) return
  const [parquet, text] = [join(folder, 'train.parquet'), join(folder, 'train.csv')]
  const said = await run(t, ...both, '--bars', eth, btc, ...barriers, '--out', parquet)
  await run(t, ...both, '--bars', ethAgain, btc, ...barriers, '--out', text)
  const { stdout, stderr } = spawnSync(python, ['-c', script, parquet, text], { encoding: 'utf8' })
  const read = JSON.parse(stdout || assert.fail(stderr)) as { types: Record<string, string[]>; rows: number }
  assert.match(said, new RegExp(`${read.rows} rows to .*train\\.parquet`))
  assert.deepEqual({ ...read, rows: read.rows > 400, types: undefined }, { rows: true, columns: true, pandas: [], polars: [], times: true, types: undefined })
  const { types } = read
  for (const name of ['close@1m', 'rsi(14)@1m', 'beta(BTC/USDT,60)@1m', 'r', 'weight']) assert.deepEqual(types[name], ['float64', 'float64', 'Float64'], name)
  for (const name of ['close_time', 'label', 'label_landing']) assert.deepEqual(types[name], ['int64', 'int64', 'Int64'], name)
  assert.deepEqual(types['ambiguous'], ['bool', 'bool', 'Boolean'])
  assert.deepEqual(
    [types['touch_time']?.[2], types['as_of']?.[0], types['as_of']?.[2]],
    ['Int64', 'datetime64[us, UTC]', "Datetime(time_unit='us', time_zone='UTC')"],
  )
  const sidecar = JSON.parse(readFileSync(`${parquet}.json`, 'utf8')) as Record<string, unknown>
  assert.deepEqual((sidecar['labels'] as { columns: unknown }).columns, ['r', 'ambiguous', 'touch_time', 'label', 'weight', 'label_landing'])
})

test('presage.read_matrix reads the same rows from either', async (t) => {
  const python = pythonOrSkip(t, ['numpy', 'pyarrow'])
  if (python === undefined) return
  const [parquet, text] = [join(folder, 'one.parquet'), join(folder, 'one.csv')]
  for (const out of [parquet, text]) await run(t, ...both, '--bars', eth, btc, '--labels', 'cost-aware', '--cost-bps', '5', '--out', out)
  const code = `
import sys, presage
a, b = (presage.read_matrix(path, symbol='BTC/USDT').rows for path in sys.argv[1:])
print(len(a), *(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ('x', 'forward_return', 'close_time', 'label_time')))`
  const { stdout, stderr } = spawnSync(python, ['-c', code, parquet, text], { encoding: 'utf8', env: { PYTHONPATH: 'python' } })
  assert.match(stdout, /^\d{3} True True True True\n$/, stderr)
})

test('a span, the ending and the files are checked; a refused export leaves no file', async (t) => {
  const out = join(folder, 'refused.parquet')
  const one = ['--symbols', 'BTC/USDT', '--features', 'close@1m']
  const span = ['--from', '2024-01-01T02:00:00Z', '--to', '2024-01-01T03:00:00Z']
  assert.match(await run(t, ...one, '--bars', btc, ...span, '--out', join(folder, 'span.csv')), /export: 60 rows/)
  await assert.rejects(run(t, ...one, '--bars', btc, '--out', join(folder, 'x.arrow')), {
    code: 'validation_failed',
    message: /x\.arrow: the ending chooses the format/,
  })
  await assert.rejects(run(t, ...one, '--bars', btc, '--from', '2030-01-01', '--out', out), {
    code: 'validation_failed',
    message: /refused\.parquet would have no row, so it was not written \(left out: 0 warming, /,
    heard: '',
  })
  await assert.rejects(run(t, ...one, '--bars', btc, eth, '--out', out), { code: 'validation_failed', message: /names 2 files for 1 symbols/ })
  await assert.rejects(run(t, ...one, '--bars', btc, '--from', 'soon', '--out', out), /A day or a moment in UTC/)
  truncateSync(eth, 5_000)
  await assert.rejects(run(t, ...one, '--bars', eth, '--out', out), { code: 'validation_failed', message: /eth\.parquet cannot be read as Parquet/ })
  writeFileSync(btc, 'open_time,open,high,low,close,volume\n1704067200000,1,2,1,1.5,-1\n')
  await assert.rejects(run(t, ...one, '--bars', btc, '--out', out), {
    code: 'validation_failed',
    message: /btc\.csv: no bar could be used: volume is negative/,
  })
  assert.equal(existsSync(out), false)
})

test('a number of bars is a whole one', async (t) => {
  const words = ['--symbols', 'BTC/USDT', '--bars', btc, '--features', 'close@1m', '--out', join(folder, 'never.csv'), '--sigma-bars']
  for (const bars of ['20.5', '1', 'x']) await assert.rejects(run(t, ...words, bars), /A whole number of bars from 2 to 100000/)
})

test('options of other labels than those that are made are refused, as they would be believed to hold', async (t) => {
  const words = ['--symbols', 'BTC/USDT', '--bars', btc, '--features', 'close@1m', '--out', join(folder, 'never.csv')]
  await assert.rejects(run(t, ...words, '--up', '2'), { code: 'validation_failed', message: '--up has no meaning for fixed-horizon labels' })
  await assert.rejects(run(t, ...words, '--labels', 'cost-aware', '--sigmas', '1', '--down', '1'), {
    message: '--sigmas, --down have no meaning for cost-aware labels',
  })
})
