import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BarInput } from '../../src/market/check-bar.ts'
import { median } from '../support/report.ts'
import { Contestant } from './contestant.ts'

/** What Presage does in a round: M values a second of CPU of a backfill of the same features, and ns of CPU for a read of 48 features of one symbol. */
export type Own = { readonly backfill: () => number; readonly read: () => number }

const environment = 'python3 -m venv var/bench && var/bench/bin/pip install -r python/requirements-bench.txt'
const batches = [
  { python: '.venv/bin/python', script: 'talib-batch.py', missing: 'TA-Lib: not installed (CONTRIBUTING.md)' },
  { python: 'var/bench/bin/python', script: 'pandas-ta-batch.py', missing: `pandas-ta-classic: not installed; ${environment}` },
]
const feast = { python: 'var/bench/bin/python', script: 'feast-read.py', missing: `Feast: not installed; ${environment}` }

type Comparison = {
  readonly what: string
  readonly digits: number
  readonly own: () => number
  readonly theirs: (seconds: number, count: number) => number
  /** How many times as fast the first figure is. */
  readonly times: (mine: number, other: number) => number
}

/** Rounds of both in turn: what machines do to one they do to the other. */
async function compare(contestant: Contestant, rounds: number, { what, digits, own, theirs, times }: Comparison): Promise<string[]> {
  const [ours, others, ratios]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    const { seconds, count } = await contestant.round()
    const [other, mine] = [theirs(seconds, count), own()]
    others.push(other)
    ours.push(mine)
    ratios.push(times(mine, other))
  }
  await contestant.stop()
  const ratio = Number(median(ratios).toPrecision(2))
  return [`${what}: ${contestant.name}`, median(others).toFixed(digits), median(ours).toFixed(digits), String(ratio)]
}

/** Presage beside TA-Lib, pandas-ta-classic and Feast, in turn: a row each, of what the other one does, what Presage does, and how many times as fast that is. One that is not installed has a row that says so. */
export async function besideOthers(bars: readonly BarInput[], own: Own, rounds: number): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-features-'))
  const file = join(folder, 'bars.f64')
  writeFileSync(file, Float64Array.from(bars.flatMap(({ open, high, low, close, volume }) => [open, high, low, close, volume])))
  const backfill = {
    what: 'backfill, M values/s of CPU',
    digits: 1,
    own: own.backfill,
    theirs: (seconds: number, count: number) => count / seconds / 1e6,
    times: (mine: number, other: number) => mine / other,
  }
  const read = {
    what: 'read of 48 features of one symbol, µs of CPU',
    digits: 2,
    own: () => own.read() / 1e3,
    theirs: (seconds: number, count: number) => (seconds / count) * 1e6,
    times: (mine: number, other: number) => other / mine,
  }
  const rows: string[][] = []
  for (const [script, comparison] of [...batches.map((batch) => [batch, backfill] as const), [feast, read] as const]) {
    const contestant = await Contestant.start({ ...script, args: [file] })
    rows.push(contestant ? await compare(contestant, rounds, comparison) : [script.missing, '', '', ''])
  }
  rmSync(folder, { recursive: true })
  return rows
}
