import type { Book, Funding, Level, Trade } from '../../contracts/flow.ts'
import { clockToleranceMs, earliestMs } from '../check-bar.ts'

const mostLevels = 50

function timeFault(time: number, now: number): string | undefined {
  if (!Number.isSafeInteger(time)) return 'time is not a whole number of milliseconds'
  if (time < earliestMs) return 'time lies before 1973: is it in seconds?'
  return time > now + clockToleranceMs ? 'time lies in the future' : undefined
}

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0

/** Reason to refuse a trade; undefined for a good one. */
export function tradeFault({ time, price, size }: Trade, now: number): string | undefined {
  if (!isPositive(price)) return 'price is not a positive number'
  return isPositive(size) ? timeFault(time, now) : 'size is not a positive number'
}

/** Reason to refuse one side of a book, whose prices must move away from the other side: `sign` 1 for asks, -1 for bids. */
function sideFault(name: string, levels: readonly Level[], sign: 1 | -1): string | undefined {
  if (levels.length === 0 || levels.length > mostLevels) return `${name} must have 1 to ${mostLevels} levels`
  if (!levels.every(([price, size]) => isPositive(price) && isPositive(size))) return `a price or size of ${name} is not a positive number`
  const ordered = levels.every(([price], i) => i === 0 || sign * (price - (levels[i - 1] as Level)[0]) > 0)
  return ordered ? undefined : `${name} must be ${sign > 0 ? 'ascending' : 'descending'}`
}

/** Reason to refuse a book; undefined for a good one. */
export function bookFault({ time, bids, asks }: Book, now: number): string | undefined {
  const fault = timeFault(time, now) ?? sideFault('bids', bids, -1) ?? sideFault('asks', asks, 1)
  if (fault !== undefined) return fault
  const [bid, ask] = [(bids[0] as Level)[0], (asks[0] as Level)[0]]
  return bid >= ask ? `the book is crossed: bid ${bid}, ask ${ask}` : undefined
}

const longestIntervalMs = 7 * 86_400_000

/** Reason to refuse a funding rate; undefined for a good one. */
export function fundingFault({ time, rate, nextTime }: Funding, now: number): string | undefined {
  if (!(Math.abs(rate) <= 1)) return 'the rate is not a share from -1 to 1; 0.01 % is 0.0001'
  const fault = timeFault(time, now)
  if (fault !== undefined) return fault
  return nextTime > time && nextTime <= time + longestIntervalMs ? undefined : 'the payment is not within 7 days after the rate was known'
}
