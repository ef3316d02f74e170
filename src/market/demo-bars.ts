import urth2022 from '@typedtrader/candles/json/urth-2022-1h.json' with { type: 'json' }
import urth2024 from '@typedtrader/candles/json/urth-2024-1h.json' with { type: 'json' }
import urth2025 from '@typedtrader/candles/json/urth-2025-1h.json' with { type: 'json' }
import type { SeriesKey } from '../contracts/bar.ts'
import type { BarInput } from './check-bar.ts'

/** The series of the demonstration: MSCI World ETF, hourly bars of New York sessions, so taken as received. */
export const demoKey: SeriesKey = { symbol: 'URTH/USD', timeframe: '1h' }

type Candle = { readonly openTimeInMillis: number } & Readonly<Record<'open' | 'high' | 'low' | 'close' | 'volume', string>>

/** A candle of @typedtrader/candles as a bar. */
export const toBarInput = (candle: Candle): BarInput => ({
  openTime: candle.openTimeInMillis,
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
  volume: Number(candle.volume),
})

/** Real hourly bars of URTH/USD of 2022, 2024 and 2025 (about 4,170), oldest first. */
export function demoBars(): BarInput[] {
  return [...urth2022, ...urth2024, ...urth2025].map(toBarInput).toSorted((a, b) => a.openTime - b.openTime)
}
