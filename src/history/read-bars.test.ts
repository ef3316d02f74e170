import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noFlow } from '../contracts/flow.ts'
import { walkBars } from '../market/bar-walk.ts'
import { toBar } from '../market/check-bar.ts'
import { barColumns, barsOfBlock, blockOfBars } from './bar-table.ts'
import { HistoryProcess } from './history-process.ts'
import { ParquetWriter, readParquet } from './parquet-file.ts'
import { readBars } from './read-bars.ts'
import type { Block, ColumnSpec } from './table.ts'

const folder = mkdtempSync(join(tmpdir(), 'history-bars-'))
after(() => rmSync(folder, { recursive: true }))
const inputs = walkBars({ seed: 3, count: 500, from: Date.UTC(2024, 0, 1), barMs: 60_000 })
const csv = join(folder, 'bars.csv')
writeFileSync(csv, ['open_time,open,high,low,close,volume', ...inputs.map((bar) => Object.values(bar).join(','))].join('\n'))

async function save(path: string, columns: readonly ColumnSpec[], block: Block): Promise<void> {
  await using process = new HistoryProcess()
  const writer = new ParquetWriter(process, columns)
  await writer.add(block)
  await writer.save(path, {})
}
const vendor = (type: 'time' | 'integer' | 'text'): readonly ColumnSpec[] => [
  { name: 'Open Time', type },
  ...['Open', 'High', 'Low', 'Close', 'Volume'].map((name) => ({ name, type: 'double' }) as const),
]
const prices = (['open', 'high', 'low', 'close', 'volume'] as const).map((name) => Float64Array.from(inputs, (bar) => bar[name]))
const openTimes = inputs.map(({ openTime }) => openTime)

for (const [type, times] of [
  ['time', Float64Array.from(openTimes)],
  ['integer', Float64Array.from(openTimes, (ms) => ms / 1_000)],
  ['text', openTimes.map((ms) => new Date(ms).toISOString())],
] as const) {
  test(`bars of a Parquet file with open times as ${type} are those of the CSV`, async () => {
    const path = join(folder, `${type}.parquet`)
    await save(path, vendor(type), { rows: inputs.length, columns: [times, ...prices] })
    let bytes = 0
    const read = await Array.fromAsync(readBars(path, { timeframe: '1m', onBytes: (some) => (bytes += some) }))
    assert.deepEqual(read, await Array.fromAsync(readBars(csv, { timeframe: '1m' })))
    assert.deepEqual(read, inputs)
    assert.ok(bytes > 5_000)
  })
}

test('bars come back with all that is known of them', async () => {
  const path = join(folder, 'whole.parquet')
  const flow = { ...noFlow, takerBuyVolume: 1.5, lastTradeTime: openTimes[0] as number, cost1000: 0.25 }
  const versions = inputs.map((input, i) => ({
    bar: { ...toBar(input, '1m', input.openTime + 60_123), ...(i % 3 === 0 ? { flow } : {}) },
    version: 1 + (i % 2),
  }))
  await save(path, barColumns, blockOfBars(versions))
  await using process = new HistoryProcess()
  const { columns, blocks } = await readParquet(process, [path])
  const read = (await Array.fromAsync(blocks)).flatMap((block) => [...barsOfBlock(block, columns)])
  assert.deepEqual(read, versions)
  const [first] = await Array.fromAsync(readBars(path, { timeframe: '1m' }))
  assert.deepEqual(first, { ...inputs[0], takerBuyVolume: 1.5, receivedTime: (openTimes[0] as number) + 60_123 })
})

test('a Parquet file without the columns of bars, with a hole in them, or torn is refused by its name', async () => {
  const path = join(folder, 'refused.parquet')
  await save(path, vendor('time').slice(0, 5), { rows: inputs.length, columns: [Float64Array.from(openTimes), ...prices.slice(0, 4)] })
  await assert.rejects(Array.fromAsync(readBars(path, { timeframe: '1m' })), {
    code: 'validation_failed',
    message: /refused\.parquet: no column for volume among Open Time, Open/,
  })
  await save(path, vendor('time'), {
    rows: inputs.length,
    columns: [Float64Array.from(openTimes), ...prices.with(3, prices[3]?.with(7, NaN) as Float64Array<ArrayBuffer>)],
  })
  await assert.rejects(Array.fromAsync(readBars(path, { timeframe: '1m' })), {
    code: 'validation_failed',
    message: /refused\.parquet row 8: close is not a number/,
  })
  truncateSync(path, 2_000)
  await assert.rejects(Array.fromAsync(readBars(path, { timeframe: '1m' })), {
    code: 'validation_failed',
    message: /refused\.parquet cannot be read as Parquet: /,
  })
})

test('a pipe is refused and not waited for', { timeout: 10_000 }, async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  await assert.rejects(Array.fromAsync(readBars(path, { timeframe: '1m' })), {
    code: 'validation_failed',
    message: /pipe is no file: write what it gives into one first/,
  })
})
