import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pythonOrSkip } from '../../test/support/python.ts'
import { HistoryProcess } from './history-process.ts'
import { ParquetWriter, readParquet } from './parquet-file.ts'
import type { Block, ColumnSpec } from './table.ts'

const folder = mkdtempSync(join(tmpdir(), 'history-parquet-'))
after(() => rmSync(folder, { recursive: true }))

const columns: readonly ColumnSpec[] = [
  { name: 'at', type: 'time' },
  { name: 'rsi(14)@1m', type: 'double' },
  { name: 'label', type: 'integer' },
  { name: 'sure', type: 'boolean' },
  { name: 'it\'s "said"', type: 'text' },
]
const doubles = [0.1, -0, 5e-324, Number.MAX_VALUE, NaN, 1 / 3]
const block: Block = {
  rows: 6,
  columns: [
    Float64Array.from({ length: 6 }, (_, i) => Date.UTC(2024, 0, 1) + i),
    Float64Array.from(doubles),
    Float64Array.of(-1, 0, 1, NaN, 2 ** 53 - 1, 7),
    Float64Array.of(0, 1, NaN, 1, 0, 1),
    ['a', null, 'ö', '', "x'y", '"'],
  ],
}

async function write(path: string, process: HistoryProcess): Promise<void> {
  const writer = new ParquetWriter(process, columns)
  await writer.add(block)
  await writer.save(path, { made: 'here' })
}

test('what was written is read again, bit for bit, over blocks of any number', async () => {
  const path = join(folder, 'deep', 'er', 'many.parquet')
  await using process = new HistoryProcess()
  const writer = new ParquetWriter(process, columns)
  const copies = 12_000
  const long = {
    rows: 6 * copies,
    columns: block.columns.map((column) =>
      Array.isArray(column)
        ? Array.from({ length: copies }, () => column).flat()
        : Float64Array.from({ length: 6 * copies }, (_, i) => column[i % 6] as number),
    ),
  }
  await writer.add(long)
  await writer.add(block)
  assert.ok((await writer.save(path, {})) > 1_000)
  const reading = await readParquet(process, [path])
  assert.deepEqual(
    reading.columns,
    columns.map(({ name }) => name),
  )
  assert.equal(reading.rows, 6 * copies + 6)
  let row = 0
  for await (const { rows, columns: read } of reading.blocks) {
    for (let i = 0; i < rows; i++, row++)
      for (const [k, column] of read.entries()) assert.ok(Object.is(column[i], block.columns[k]?.[row % 6]), `row ${row} column ${k}`)
  }
  assert.equal(row, reading.rows)
  assert.deepEqual(readdirSync(join(folder, 'deep', 'er')), ['many.parquet'])
})

const script = `
import json, sys, numpy as np, pandas as pd, polars as pl, pyarrow.parquet as pq
path = sys.argv[1]
frame, polar = pd.read_parquet(path), pl.read_parquet(path)
print(json.dumps({
  'pandas': [str(t) for t in frame.dtypes],
  'polars': [str(t) for t in polar.dtypes],
  'doubles': [x.hex() for x in frame['rsi(14)@1m']],
  'polar doubles': [None if x is None else x.hex() for x in polar['rsi(14)@1m']],
  'times': [int(t.value) // 1_000_000 for t in frame['at']],
  'about': pq.read_metadata(path).metadata[b'presage'].decode(),
}))`

test('pandas and polars read the same values with the types of the columns', async (t) => {
  const python = pythonOrSkip(t, ['pandas', 'pyarrow', 'polars'])
  if (python === undefined) return
  const path = join(folder, 'types.parquet')
  await using process = new HistoryProcess()
  await write(path, process)
  const { stdout, stderr } = spawnSync(python, ['-c', script, path], { encoding: 'utf8' })
  const read = JSON.parse(stdout || assert.fail(stderr)) as Record<string, unknown>
  assert.deepEqual(read['pandas'], ['datetime64[us, UTC]', 'float64', 'float64', 'object', 'str'])
  assert.deepEqual(read['polars'], ["Datetime(time_unit='us', time_zone='UTC')", 'Float64', 'Int64', 'Boolean', 'String'])
  assert.deepEqual(read['doubles'], ['0x1.999999999999ap-4', '-0x0.0p+0', '0x0.0000000000001p-1022', '0x1.fffffffffffffp+1023', 'nan', '0x1.5555555555555p-2'])
  assert.equal((read['polar doubles'] as unknown[])[4], null)
  assert.deepEqual(read['times'], [...(block.columns[0] as Float64Array)])
  assert.equal(read['about'], '{"made":"here"}')
})

test('a file that is none, is torn, or cannot be written is refused by its name', async () => {
  await using process = new HistoryProcess()
  const [text, torn] = [join(folder, 'text.parquet'), join(folder, 'torn.parquet')]
  writeFileSync(text, 'PAR1 but then not')
  await write(torn, process)
  truncateSync(torn, 300)
  for (const path of [text, torn, join(folder, 'absent.parquet')])
    await assert.rejects(readParquet(process, [path]), {
      name: 'ServingError',
      code: 'validation_failed',
      message: new RegExp(`^${path} cannot be read as Parquet: `),
    })
  await assert.rejects(write('/dev/null/x.parquet', process), { code: 'validation_failed', message: /^\/dev\/null\/x\.parquet cannot be written: / })
})

test('a process that dies refuses what waits and what comes, says how it ended, and leaves no half file under the name', async () => {
  await using process = new HistoryProcess()
  const path = join(folder, 'killed.parquet')
  const writer = new ParquetWriter(process, columns)
  await writer.add(block)
  const saving = writer.save(path, {})
  globalThis.process.kill(process.pid ?? assert.fail('not started'), 'SIGKILL')
  const ended = { name: 'ServingError', code: 'store_unavailable', message: /The history process ended: signal SIGKILL ended it/ }
  await assert.rejects(saving, ended)
  await assert.rejects(write(path, process), ended)
  assert.equal(existsSync(path), false)
})

test('signals that reach every process, as Ctrl-C in a terminal, leave what is to be written to the server', async () => {
  await using desk = new HistoryProcess()
  const [first, second] = [join(folder, 'first.parquet'), join(folder, 'second.parquet')]
  await write(first, desk)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(desk.pid as number, signal)
  await write(second, desk)
  assert.ok(existsSync(second))
})
