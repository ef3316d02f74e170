import type { Calendar, SeriesKey } from '../contracts/bar.ts'
import { readWhole } from '../history/read-bars.ts'
import type { BarInput } from '../market/check-bar.ts'
import { demoBars, demoKey } from '../market/demo-bars.ts'

/** Recorded bars to replay: where they are from (for people), how fast, and how many are there at once when the server starts. */
export type Feed = {
  readonly origin: string
  readonly key: SeriesKey
  readonly calendar: Calendar
  readonly bars: readonly BarInput[]
  readonly speed: number
  readonly history: number
}

/** Bars that the example model for URTH/USD was not trained on; the replay starts there. */
const demoHeldOut = 600
const demoSpeed = 3600

/** The demonstration: real hourly bars of URTH/USD, one a second. */
export function demoFeed(speed: number | undefined): Feed {
  const bars = demoBars()
  return {
    origin: 'recorded hourly bars of URTH/USD (2022 to 2025)',
    key: demoKey,
    calendar: 'as_received',
    bars,
    speed: speed ?? demoSpeed,
    history: bars.length - demoHeldOut,
  }
}

/** Bars of a file as the feed of one symbol, by the calendar that is wished, else by the one that the file says. Throws `validation_failed` for a file that cannot be read. */
export async function fileFeed({
  path,
  wished,
  ...rest
}: {
  readonly path: string
  readonly key: SeriesKey
  readonly wished: Calendar | undefined
  readonly speed: number
  readonly history: number
}): Promise<Feed> {
  const { calendar: said, bars } = await readWhole(path, rest.key.timeframe)
  return { origin: path, calendar: wished ?? said ?? 'continuous', bars: bars.toSorted((a, b) => a.openTime - b.openTime), ...rest }
}
