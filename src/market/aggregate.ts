import type { Bar } from '../contracts/bar.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { combineFlows } from './flow/bar-flow.ts'
import type { Series } from './series.ts'

/** One longer bar out of the shorter ones of its period, oldest first (at least one). Known once the last of them was. */
function combine(parts: readonly Bar[], openTime: number, barMs: number): Bar {
  const [first, last] = [parts[0] as Bar, parts.at(-1) as Bar]
  let [high, low, volume, receivedTime] = [first.high, first.low, 0, first.receivedTime]
  for (const part of parts) {
    high = Math.max(high, part.high)
    low = Math.min(low, part.low)
    volume += part.volume
    receivedTime = Math.max(receivedTime, part.receivedTime)
  }
  const flow = combineFlows(parts)
  return {
    openTime,
    closeTime: openTime + barMs,
    receivedTime,
    open: first.open,
    high,
    low,
    close: last.close,
    volume,
    empty: parts.every((part) => part.empty),
    ...(flow === undefined ? {} : { flow }),
  }
}

/**
 * The longer bar of the period that holds `moment`, or undefined while the period is not over. In a continuous series every shorter bar must be there; in one that is taken as
 * received a period is over when its last shorter bar or any later one has come.
 */
export function aggregateBar(source: Series, timeframe: Timeframe, moment: number): Bar | undefined {
  const barMs = timeframes[timeframe]
  const openTime = Math.floor(moment / barMs) * barMs
  const from = source.positionFrom(openTime)
  const to = source.positionFrom(openTime + barMs)
  if (from === to) return undefined
  const whole = to - from === barMs / source.barMs
  const over = whole || (source.settings.calendar === 'as_received' && (source.last as Bar).closeTime >= openTime + barMs)
  return over ? combine(source.slice(from, to), openTime, barMs) : undefined
}
