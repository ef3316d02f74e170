const [second, minute, hour] = [1_000, 60_000, 3_600_000] as const

/** Bar lengths that series may have, in milliseconds, shortest first; days are whole numbers of each. */
export const timeframes = {
  '1s': second,
  '5s': 5 * second,
  '15s': 15 * second,
  '30s': 30 * second,
  '1m': minute,
  '3m': 3 * minute,
  '5m': 5 * minute,
  '15m': 15 * minute,
  '30m': 30 * minute,
  '1h': hour,
  '2h': 2 * hour,
  '4h': 4 * hour,
  '6h': 6 * hour,
  '8h': 8 * hour,
  '12h': 12 * hour,
  '1d': 24 * hour,
} as const

/** A bar length by its name, e.g. `1m`. */
export type Timeframe = keyof typeof timeframes

/** True if the text names a timeframe. */
export const isTimeframe = (text: string): text is Timeframe => Object.hasOwn(timeframes, text)
