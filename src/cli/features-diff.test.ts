import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Command } from 'commander'
import { noMeter } from '../contracts/meter.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { systemClock } from '../system.ts'
import { diffReport } from './features-diff.ts'
import { registerFeatures } from './features.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-diff-'))
after(() => rmSync(folder, { recursive: true }))
const bars = walkBars({ seed: 12, count: 400, from: Date.UTC(2024, 0, 1), barMs: 60_000 })

function write(name: string, rows: readonly BarInput[]): string {
  const path = join(folder, `${name}.csv`)
  writeFileSync(path, rows.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(',')).join('\n'))
  return path
}
const whole = write('whole', bars)

const features = ['close@1m', 'volume@1m', 'sma(5)@1m', 'rsi(14)@1m']

async function diff(a: string, b: string, symbol = 'BTC/USDT'): Promise<{ readonly text: string; readonly differ: boolean }> {
  const { lines, differ } = await diffReport([a, b], { symbol, timeframe: '1m', features, calendar: 'continuous', sets: 'features' })
  return { text: `${lines.join('\n')}\n`, differ }
}

test('equal series are equal in every feature', async () => {
  const { text, differ } = await diff(whole, whole)
  assert.equal(differ, false)
  assert.match(text, /all bars are equal/)
  assert.match(text, /rsi\(14\)@1m +equal +0 of 400/)
})

test('a revised bar is named with its fields, and what it moved', async () => {
  const { text, differ } = await diff(
    whole,
    write(
      'revised',
      bars.map((bar, i) => (i === 350 ? { ...bar, volume: 7 } : bar)),
    ),
  )
  assert.equal(differ, true)
  assert.match(text, new RegExp(`first differing bar  2024-01-01T05:50:00Z  revised: volume ${bars[350]?.volume} → 7\n`))
  assert.match(text, /differing bars +0 missing in B, 0 missing in A, 1 revised/)
  assert.match(text, /volume@1m +2024-01-01T05:51:00Z +[\d.]+ +7 +1 of 400/)
  assert.match(text, /close@1m +equal/)
})

test('a missing bar leaves the one before it in its place, and begins the warm-up again', async () => {
  const gap = write('gap', bars.toSpliced(320, 1))
  const { text } = await diff(whole, gap)
  assert.match(text, /first differing bar  2024-01-01T05:20:00Z  missing in B\n/)
  assert.match(text, /close@1m +2024-01-01T05:21:00Z +[\d.]+ +[\d.]+ +1 of 400/)
  assert.match(text, /sma\(5\)@1m +2024-01-01T05:21:00Z +[\d.]+ +[\d.]+ +5 of 400/)
  assert.match(text, /rsi\(14\)@1m +2024-01-01T05:21:00Z .* 80 of 400/)
  assert.match((await diff(gap, whole)).text, /missing in A \(extra in B\)/)
})

test('a set is computed with its gap policy and its ranges', async () => {
  const set = join(folder, 'held.yaml')
  writeFileSync(set, 'timeframe: 1m\ngaps: { flat: 3 }\nfeatures:\n  strength: rsi(14)\n  amount: { value: volume, range: [null, 1e6] }\n')
  const { close } = bars[319] as BarInput
  const quiet = bars.with(320, { ...(bars[320] as BarInput), open: close, high: close, low: close, close, volume: 0 })
  const changed = quiet.with(300, { ...(bars[300] as BarInput), volume: 2e6 }).toSpliced(320, 1)
  const { lines } = await diffReport([write('quiet', quiet), write('changed', changed)], { symbol: 'BTC/USDT', timeframe: '1m', set, sets: 'features' })
  const rowOf = (id: string): string => lines.find((line) => line.startsWith(id)) ?? ''
  assert.match(rowOf('rsi(14)@1m'), /equal +0 of 400/)
  assert.match(rowOf('volume@1m'), /05:01:00Z +[\d.]+ +quarantined +2 of 400/)
})

test('another origin is told as such', async () => {
  const { text } = await diff(whole, write('later', bars.slice(20)))
  assert.match(text, /first differing bar  2024-01-01T00:00:00Z  different origin: B begins at 2024-01-01T00:20:00Z, A before\n/)
  assert.match(text, /differing bars +20 missing in B/)
})

test('a journal is read as it lies, and left as it is', async () => {
  const journal = new FileBarJournal({ folder: join(folder, 'market'), keepBars: 10_000, clock: systemClock, meter: noMeter })
  const store = new SeriesStore({ clock: systemClock, meter: noMeter, journal })
  store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars)
  const path = join(folder, 'market', 'bars.log')
  const before = readFileSync(path)
  assert.equal((await diff(whole, path)).differ, false)
  assert.ok(readFileSync(path).equals(before))
  store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, [{ ...(bars[9] as BarInput), volume: 1 }])
  assert.match((await diff(whole, path)).text, /revised: volume/)
  await assert.rejects(diff(whole, path, 'ETH/USDT'), { code: 'series_not_found' })
  await journal.close()
})

test('what cannot be read is refused in words', async () => {
  await assert.rejects(diff(whole, join(folder, 'nothing.csv')), { code: 'validation_failed', message: /nothing\.csv cannot be read/ })
})

test('the command ends with 1 when they differ, else with 0', async () => {
  const run = async (...files: string[]): Promise<unknown> => {
    const program = new Command('presage').exitOverride()
    registerFeatures(program)
    await program.parseAsync(['features', 'diff', ...files, '--symbol', 'BTC/USDT', '--timeframe', '1m', '--features', 'close@1m'], { from: 'user' })
    const { exitCode } = process
    process.exitCode = undefined
    return exitCode
  }
  assert.equal(await run(whole, whole), undefined)
  assert.equal(await run(whole, write('shorter', bars.slice(0, 390))), 1)
})
