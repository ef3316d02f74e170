import type { BarInput } from './check-bar.ts'

/** A walk of plausible bars that is the same for the same seed: for tests and trials, never served. `from` is the open time of the first, `barMs` their distance. */
export function walkBars({
  seed,
  count,
  from,
  barMs,
}: {
  readonly seed: number
  readonly count: number
  readonly from: number
  readonly barMs: number
}): BarInput[] {
  let state = seed >>> 0
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let price = 100 + 900 * random()
  return Array.from({ length: count }, (_, i) => {
    const open = price
    price *= Math.exp((random() - 0.5) * 0.01)
    const close = random() < 0.05 ? open : price
    price = close
    const high = Math.max(open, close) * (1 + random() * 0.003)
    const low = Math.min(open, close) * (1 - random() * 0.003)
    return { openTime: from + i * barMs, open, high, low, close, volume: random() < 0.03 ? 0 : Math.round(random() * 1e6) / 100 }
  })
}
