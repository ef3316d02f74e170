import type { Periods } from '../calendars/periods.ts'
import type { Bar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { noFlow } from '../contracts/flow.ts'
import { isSymbol } from '../contracts/symbol.ts'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'

/** A bar as a file or a request brings it. `receivedTime` only where the writer of a file recorded it. */
export type BarInput = {
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Part of the volume that takers bought. */
  readonly takerBuyVolume?: number
  readonly receivedTime?: number
}

/** Clocks of feeds and servers differ by this much at most: a bar may close this far in the future, not further. */
export const clockToleranceMs = 5_000
/** Times before this are seconds, or nonsense. */
export const earliestMs = 100_000_000_000
const wildRatio = 500

/** Reason why the times of a bar are impossible; undefined when they are not. */
function timeFault(bar: BarInput, barMs: number, now: number): string | undefined {
  if (!Number.isSafeInteger(bar.openTime)) return 'open time is not a whole number of milliseconds'
  if (bar.openTime < earliestMs) return 'open time lies before 1973: is it in seconds?'
  if (bar.openTime % barMs !== 0) return 'open time is not a multiple of the timeframe'
  if (bar.openTime + barMs > now + clockToleranceMs) return 'the bar has not closed yet'
  return undefined
}

/** Reason why the numbers of a bar contradict each other; undefined when they do not. */
function priceFault({ open, high, low, close, volume, takerBuyVolume = 0 }: BarInput): string | undefined {
  if (![open, high, low, close, volume].every(Number.isFinite)) return 'a value is not a finite number'
  if (Math.min(open, high, low, close) <= 0) return 'a price is not positive'
  if (volume < 0) return 'volume is negative'
  if (!(takerBuyVolume >= 0 && takerBuyVolume <= volume)) return 'what takers bought is not between 0 and the volume'
  if (high < low) return 'high is below low'
  if (Math.max(open, close) > high || Math.min(open, close) < low) return 'open or close lies outside low to high'
  return undefined
}

/** What is wrong with a bar that is not taken: its times, its numbers beside each other, its period outside the sessions of its calendar, its price, or its high or low, a slipped decimal point or two from the price before, a jump, a distance from other quotes, or that it is too old. */
export const faultKinds = ['time', 'numbers', 'session', 'scale', 'jump', 'quotes', 'too_late'] as const
/** Why a bar is not taken, in words and as one of `faultKinds`. */
export type BarFault = { readonly kind: (typeof faultKinds)[number]; readonly reason: string }

const faultOf = (kind: BarFault['kind'], reason: string | undefined): BarFault | undefined => (reason === undefined ? undefined : { kind, reason })

/** Reason why a price of a bar cannot follow the close of the bar before; undefined when each may. Its high and low are beyond it where its open is. */
function scaleFault({ high, low, close }: BarInput, before: Bar): string | undefined {
  for (const [name, price] of Object.entries({ price: close, high, low })) {
    const ratio = price / before.close
    if (ratio >= wildRatio) return `${name} is more than ${wildRatio} times the bar before`
    if (ratio <= 1 / wildRatio) return `${name} is less than a ${wildRatio}th of the bar before`
  }
  return undefined
}

/** Why to refuse a bar, by itself and beside the bar before it; undefined for a good one. Now and times are ms since the epoch. */
export function barFault(
  bar: BarInput,
  context: {
    readonly timeframe: Timeframe
    readonly now: number
    readonly before: Bar | undefined
    readonly periods: Periods
  },
): BarFault | undefined {
  const fault =
    faultOf('time', timeFault(bar, timeframes[context.timeframe], context.now)) ??
    faultOf('numbers', priceFault(bar)) ??
    faultOf('session', context.periods.refusal(bar.openTime))
  return fault ?? (context.before && faultOf('scale', scaleFault(bar, context.before)))
}

/** The stored form of a good bar: times completed, a flat bar without volume marked `empty`. */
export function toBar(input: BarInput, timeframe: Timeframe, now: number): Bar {
  const { openTime, open, high, low, close, volume, takerBuyVolume } = input
  const empty = volume === 0 && high === low
  return {
    openTime,
    closeTime: openTime + timeframes[timeframe],
    receivedTime: input.receivedTime ?? now,
    open,
    high,
    low,
    close,
    volume,
    empty,
    ...(takerBuyVolume === undefined ? {} : { flow: { ...noFlow, takerBuyVolume } }),
  }
}

/** Throws `invalid_symbol`, or `validation_failed` for a timeframe that is none. */
export function checkKey({ symbol, timeframe }: SeriesKey): void {
  if (!isSymbol(symbol)) throw new ServingError('invalid_symbol', `${JSON.stringify(symbol.slice(0, 100))} is not a symbol: write BASE/QUOTE, e.g. BTC/USDT`)
  if (!isTimeframe(timeframe)) throw new ServingError('validation_failed', `The timeframe must be one of ${Object.keys(timeframes).join(', ')}`)
}
