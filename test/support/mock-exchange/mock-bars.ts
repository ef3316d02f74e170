import { walkBars } from '../../../src/market/bar-walk.ts'
import type { BarInput } from '../../../src/market/check-bar.ts'

const cents = (value: number): number => Math.round(value * 100) / 100
/** A bar in whole cents in which somebody trades. */
const rounded = (bar: BarInput): BarInput => ({
  ...bar,
  open: cents(bar.open),
  high: cents(bar.high),
  low: cents(bar.low),
  close: cents(bar.close),
  volume: Math.max(0.02, cents(bar.volume)),
})

/** The state of a bar at a part of its time: it looks as if it were closed and is not. */
export const forming = (bar: BarInput, share: number): BarInput => {
  const close = cents(bar.open + (bar.close - bar.open) * share * 0.5)
  return {
    ...bar,
    high: Math.max(bar.open, close),
    low: Math.min(bar.open, close),
    close,
    volume: Math.min(bar.volume, cents(bar.volume * share * 0.5) + 0.01),
  }
}

/** Plausible bars, the same for the same seed, in each of which somebody trades. */
export const tradedBars = (walk: Parameters<typeof walkBars>[0]): BarInput[] => walkBars(walk).map(rounded)
