import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { FileBarJournal } from '../market/bar-journal.ts'
import { walkBars } from '../market/bar-walk.ts'
import { toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { systemClock } from '../system.ts'
import { HistorySealer } from './history-sealer.ts'

const day = 86_400_000
const start = Date.UTC(2024, 0, 1)

test('the sealer seals a day some minutes after its end, counts what it did, and tells of a failure without throwing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'history-sealer-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [market, history] = [join(folder, 'market'), join(folder, 'history')]
  const journal = new FileBarJournal({ folder: market, keepBars: 10_000, clock: systemClock, meter: noMeter })
  const bars = walkBars({ seed: 1, count: 48, from: start, barMs: day / 24 }).map((input) => toBar(input, '1h', 0))
  journal.append(new Series({ symbol: 'BTC/USDT', timeframe: '1h' }, { calendar: 'continuous', clock: 'live' }), bars)
  await journal.close()
  let now = start + 2 * day
  const counts = new Map<string, number>()
  const counter = (name: string) => ({ add: (by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by) })
  const timers: { ms: number; run: () => void }[] = []
  const failures: object[] = []
  const sealer = new HistorySealer({
    market,
    history,
    everyMs: 600_000,
    keepDays: 0,
    rawKeepDays: 0,
    clock: { now: () => now, monotonic: () => 0 },
    meter: { ...noMeter, counter },
    log: { error: (about) => void failures.push(about) },
    timer: { after: (ms, run) => (timers.push({ ms, run }), () => {}) },
  })
  sealer.start()
  assert.equal(timers[0]?.ms, 60_000)
  await sealer.seal()
  assert.deepEqual([counts.get('history_bars_read_total'), counts.get('history_files_written_total')], [24, 1])
  now += 300_000
  await sealer.seal()
  assert.deepEqual([counts.get('history_bars_read_total'), counts.get('history_files_written_total')], [24 + 48, 2])
  const [file = ''] = globSync('bars/**/*.parquet', { cwd: history })
  writeFileSync(join(history, file), 'PAR1 no more')
  rmSync(join(history, 'sealed.json'))
  await sealer.seal()
  assert.equal(counts.get('history_failures_total'), 1)
  assert.match(JSON.stringify(failures), /2024-01\.parquet/)
  await sealer.close()
})
