import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { PredictResponse } from '../contracts/predict.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { Narrator } from './narrator.ts'
import { replayFeed } from './replay-feed.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const answer = { prediction: { signal: 'HOLD', confidence: 0.5, probability: 0.5 }, model_info: { name: 'm', version: 'v1.0.0' }, degraded: false }

/** A replay of bars, ten of them at once, whose time is told by hand. */
function makeFeed(bars: readonly BarInput[]) {
  let [ms, due] = [0, (): void => undefined]
  const clock = { now: () => start + 30 * 86_400_000, monotonic: () => ms }
  const timer = { after: (_ms: number, run: () => void) => ((due = run), () => undefined) }
  const store = new SeriesStore({ clock, meter: noMeter })
  const asked: (string | undefined)[] = []
  const predict = async ({ timestamp }: { readonly timestamp?: string }) => (asked.push(timestamp), answer as unknown as PredictResponse)
  const lines: string[] = []
  const narrator = new Narrator(key, { write: (line) => lines.push(line) })
  const feed = { origin: 'a walk', key, calendar: 'continuous', bars, speed: 60, history: 10 }
  const { replay } = replayFeed(feed, { market: store, intake: store, predictions: { predict } as never, narrator, clock, timer })
  const pass = (by: number): Promise<void> => {
    ms += by
    due()
    return turn()
  }
  return { replay, pass, asked, lines }
}
const walk = walkBars({ seed: 1, count: 20, from: start, barMs: minute })

test('every close of a replay has the signal as of itself, also of bars that are due at once', async () => {
  const { replay, pass, asked, lines } = makeFeed(walk)
  replay.start()
  await pass(4_000)
  const closes = [11, 12, 13, 14].map((minutes) => new Date(start + minutes * minute).toISOString().replace('.000', ''))
  assert.deepEqual(asked, closes)
  assert.deepEqual(
    lines.map((line) => line.slice(0, 20)),
    closes,
  )
})

test('a replay says which bars were quarantined, of many the first ones', async () => {
  const { replay, pass, lines } = makeFeed(walk.map((bar, i) => (i < 7 || i === 11 ? { ...bar, volume: -1 } : bar)))
  replay.start()
  await pass(2_000)
  assert.equal(lines[0], '2024-01-01T00:00:00Z  BTC/USDT 1m  quarantined: volume is negative\n')
  assert.deepEqual([lines.length, lines[5]], [8, 'and 2 more bars were quarantined\n'])
  assert.equal(lines[6], '2024-01-01T00:11:00Z  BTC/USDT 1m  quarantined: volume is negative\n')
})
