import type { Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar, SeriesKey } from '../contracts/bar.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { BarInput } from './check-bar.ts'
import { SeriesStore } from './series-store.ts'

/** The bars of one series that a server would take, in order, and those that it would refuse with the reason. Throws `invalid_symbol`. */
export function checkedBars(
  { calendar, calendars, ...key }: SeriesKey & { readonly calendar: Calendar; readonly calendars?: Calendars },
  inputs: readonly BarInput[],
  clock: Clock,
): { readonly bars: readonly Bar[]; readonly quarantined: readonly { readonly openTime: number; readonly reason: string }[] } {
  const store = new SeriesStore({ clock, meter: noMeter, keepBars: inputs.length, ...(calendars && { calendars }) })
  const { quarantined } = store.ingest(key, inputs, { calendar, clock: 'replay' })
  const series = store.find(key.symbol, key.timeframe)
  return { bars: series?.slice(0, series.length) ?? [], quarantined }
}
