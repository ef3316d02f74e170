import { builtInCalendars } from '../../calendars/calendars.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import { walkBars } from '../bar-walk.ts'
import type { BarInput } from '../check-bar.ts'

/** Plausible bars in every period of XNYS that opens in [from, to): the same for the same seed. */
export function walkSessions({
  seed = 1,
  timeframe = '1m',
  from,
  to,
}: {
  readonly seed?: number
  readonly timeframe?: Timeframe
  readonly from: string
  readonly to: string
}): BarInput[] {
  const periods = builtInCalendars.periods('XNYS', timeframe)
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  const walk = walkBars({ seed, count: periods.count(begin, end), from: 0, barMs: timeframes[timeframe] })
  let openTime = periods.nextOpen(begin)
  return walk.map((bar) => {
    const moved = { ...bar, openTime }
    openTime = periods.nextOpen(openTime + 1)
    return moved
  })
}
