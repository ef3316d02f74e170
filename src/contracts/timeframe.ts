/** Bar lengths that series may have, in milliseconds. */
export const timeframes = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000, '4h': 14_400_000, '1d': 86_400_000 } as const

/** A bar length by its name, e.g. `1m`. */
export type Timeframe = keyof typeof timeframes

/** True if the text names a timeframe. */
export const isTimeframe = (text: string): text is Timeframe => Object.hasOwn(timeframes, text)
