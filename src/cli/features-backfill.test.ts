import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { noMeter } from '../contracts/meter.ts'
import { FeatureService } from '../features/feature-service.ts'
import { HistoryProcess } from '../history/history-process.ts'
import { readParquet } from '../history/parquet-file.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { walkBars } from '../market/bar-walk.ts'
import { toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import { systemClock } from '../system.ts'
import { registerFeatures } from './features.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-backfill-'))
after(() => rmSync(folder, { recursive: true }))
const bars = walkBars({ seed: 4, count: 6_000, from: Date.UTC(2024, 0, 1), barMs: 60_000 }).toSpliced(3_000, 2)
const file = join(folder, 'bars.csv')
writeFileSync(file, bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(',')).join('\n'))
const features = ['close@1m', 'rsi(14)@1m', 'macd(12,26,9)@1m', 'atr(14)@5m', 'zscore(rsi(14),96)@1m', 'tod_sin']

async function run(t: TestContext, ...words: string[]): Promise<string> {
  const said = t.mock.method(process.stderr, 'write', () => true)
  const program = new Command('presage').exitOverride()
  registerFeatures(program)
  await program
    .parseAsync(['features', 'backfill', '--symbols', 'BTC/USDT', '--timeframe', '1m', ...words], {
      from: 'user',
    })
    .finally(() => said.mock.restore())
  return said.mock.calls.map(({ arguments: [text] }) => String(text)).join('')
}
const backfill = (t: TestContext, ...words: string[]) => run(t, '--bars', file, '--features', features.join(','), ...words)

test('every vector is the one that a server folds from the same bars as they close, bit for bit, and null where it has none', async (t) => {
  const out = join(folder, 'vectors.parquet')
  assert.match(
    await backfill(t, '--out', out),
    /backfill: 5998 rows, 35988 values to .*vectors\.parquet in [\d.]+ s: [\d.]+ M values\/s, calendar continuous\n$/,
  )
  const store = new SeriesStore({ clock: systemClock, meter: noMeter })
  const service = new FeatureService({ series: store, clock: systemClock, meter: noMeter })
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'] })
  await using process = new HistoryProcess()
  const { columns, blocks } = await readParquet(process, [out])
  assert.deepEqual(columns, ['symbol', 'close_time', 'as_of', 'received_time', ...features])
  let row = 0
  let [equal, absent] = [0, 0]
  for await (const block of blocks) {
    for (let i = 0; i < block.rows; i++, row++) {
      const bar = bars[row] ?? assert.fail('more rows than bars')
      store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, [bar], { clock: 'replay' })
      const { values } = service.vector(set, 'BTC/USDT', undefined)
      assert.equal(block.columns[1]?.[i], bar.openTime + 60_000)
      for (const [k, value] of values.entries()) {
        assert.ok(Object.is(block.columns[4 + k]?.[i], value), `${features[k]} of row ${row}`)
        if (Number.isNaN(value)) absent += 1
        else equal += 1
      }
    }
  }
  assert.equal(row, bars.length)
  assert.ok(equal > 20_000 && absent > 1_000, `${equal} equal, ${absent} absent`)
})

test('a span is written to CSV as well', async (t) => {
  const out = join(folder, 'vectors.csv')
  await backfill(t, '--from', '2024-01-02', '--to', '2024-01-02T01:00:00Z', '--out', out)
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  assert.equal(lines[0], 'symbol,close_time,as_of,received_time,close@1m,rsi(14)@1m,"macd(12,26,9)@1m",atr(14)@5m,"zscore(rsi(14),96)@1m",tod_sin')
  assert.equal(lines.length, 61)
  assert.match(lines[1] ?? '', /^BTC\/USDT,1704153600000,2024-01-02T00:00:00\.000Z,20/)
})

test('bars of a sealed history are those that were known at a moment, with those of other symbols that the features read', async (t) => {
  const [market, history] = [join(folder, 'market'), join(folder, 'history')]
  const journal = new FileBarJournal({ folder: market, keepBars: 10_000, clock: systemClock, meter: noMeter })
  const settings = { calendar: 'continuous', clock: 'live' } as const
  const received = bars.slice(0, 300).map((bar) => toBar(bar, '1m', bar.openTime + 60_100))
  const [tenth, known] = [received[9] ?? assert.fail('no bar'), Date.UTC(2024, 0, 3)]
  const revised = { ...tenth, close: tenth.open, receivedTime: known }
  for (const symbol of ['BTC/USDT', 'ETH/USDT']) journal.append(new Series({ symbol, timeframe: '1m' }, settings), [...received, revised])
  await journal.close()
  await using process = new HistoryProcess()
  await process.call({ kind: 'seal', market, history, until: known, keepDays: 0 })
  const closes = async (...words: string[]): Promise<string[]> => {
    const out = join(folder, 'known.csv')
    await run(t, '--history', history, '--features', 'close@1m,beta(ETH/USDT,20)@1m', '--out', out, ...words)
    return readFileSync(out, 'utf8')
      .split('\n')
      .slice(1, 301)
      .map((line) => line.split(',')[4] ?? '')
  }
  assert.deepEqual(
    await closes('--known-at', '2024-01-02T23:59:59Z'),
    received.map(({ close }) => String(close)),
  )
  assert.deepEqual(
    await closes(),
    received.with(9, revised).map(({ close }) => String(close)),
  )
  await assert.rejects(closes('--known-at', '2024-01-01'), { code: 'series_not_found', message: /No bar of BTC\/USDT was known at 2024-01-01/ })
  await assert.rejects(closes('--bars', file), { code: 'validation_failed', message: /read bars of ETH\/USDT too: add them to --symbols/ })
})

test('--known-at with files, and a span without a moment, are refused rather than passed over', async (t) => {
  await assert.rejects(backfill(t, '--known-at', '2024-01-02', '--out', join(folder, 'none.csv')), {
    code: 'validation_failed',
    message: /--known-at chooses among the versions of the bars of a history, and --bars names files instead/,
  })
  await assert.rejects(backfill(t, '--from', '2024-01-03', '--to', '2024-01-02', '--out', join(folder, 'none.csv')), {
    code: 'validation_failed',
    message: /No row lies between --from 2024-01-03T00:00:00Z and --to 2024-01-02T00:00:00Z/,
  })
  assert.equal(existsSync(join(folder, 'none.csv')), false)
})

test('a span without a bar leaves no file', async (t) => {
  const out = join(folder, 'empty.csv')
  await assert.rejects(run(t, '--bars', file, '--features', 'close@1m', '--from', '2030-01-01', '--out', out), {
    code: 'validation_failed',
    message: /empty\.csv would have no row, so it was not written/,
  })
  assert.equal(existsSync(out), false)
})

test('bars that a server would refuse are counted in the last line', async (t) => {
  const path = join(folder, 'refused.csv')
  writeFileSync(
    path,
    bars
      .slice(0, 50)
      .map(({ openTime, open, high, low, close, volume }, i) => [openTime, open, high, low, i === 7 ? -close : close, volume].join(','))
      .join('\n'),
  )
  const said = await run(t, '--bars', path, '--features', 'close@1m', '--out', join(folder, 'refused-vectors.csv'))
  assert.match(said, /backfill: 49 rows, .*, calendar continuous; 1 bars were quarantined\n$/)
})
