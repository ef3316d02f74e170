import type { Calendars } from './calendars/calendars.ts'
import { loadCalendars } from './calendars/load-calendars.ts'
import type { Config } from './config/schema.ts'
import type { Calendar } from './contracts/bar.ts'
import { ServingError } from './contracts/error.ts'
import type { Timeframe } from './contracts/timeframe.ts'
import { type FeedWish, feedSettings } from './feeds/feed-settings.ts'

/** A series that the settings promise: where they do, and what it needs of its calendar. */
type Promised = { readonly setting: string; readonly calendar: Calendar; readonly timeframe: Timeframe }

function promisedSeries({ feeds, market }: Pick<Config, 'feeds' | 'market'>): Promised[] {
  const followed = (feeds as readonly FeedWish[])
    .map(feedSettings)
    .flatMap(({ exchange, calendar, timeframes }) => timeframes.map((timeframe) => ({ setting: `feeds, ${exchange}`, calendar, timeframe })))
  const made = market.barsFromTrades.map(({ symbols, calendar = 'continuous' }) => ({
    setting: `market.barsFromTrades, ${symbols}`,
    calendar,
    timeframe: '1m' as const,
  }))
  return [...followed, ...made]
}

/** The calendars that are built in and those of the operator's folder. Throws `validation_failed` for a document that is wrong, and for a series that the settings promise by a calendar that is not there or has no such bars. */
export function composeCalendars(config: Pick<Config, 'feeds' | 'market'>): Calendars {
  const calendars = loadCalendars(config.market.calendars)
  for (const { setting, calendar, timeframe } of promisedSeries(config)) {
    try {
      calendars.periods(calendar, timeframe)
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      throw new ServingError(error.code, `${setting}: ${error.message}`)
    }
  }
  return calendars
}
