import { ServingError } from '../contracts/error.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { BarInput } from './check-bar.ts'

/** So many bars of a file tell how long its bars are. */
const sample = 30
/** Sessions may have one bar a day of a timeframe beyond this. */
const severalADayMs = timeframes['1h']

const names = Object.keys(timeframes) as Timeframe[]
const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** The timeframe that the open times of some bars show, if it is not the one that they are read for. */
function otherTimeframe(bars: readonly BarInput[], timeframe: Timeframe): Timeframe | undefined {
  const barMs = timeframes[timeframe]
  const times = [...new Set(bars.map(({ openTime }) => openTime))].toSorted((a, b) => a - b)
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number))
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? barMs
  if (usual <= barMs / 2) return names.findLast((name) => timeframes[name] <= usual)
  if (times.length < sample) return undefined
  const grid = gaps.reduce(commonDivisor)
  return names.findLast((name) => timeframes[name] > barMs && grid % timeframes[name] === 0 && (name !== '1d' || barMs <= severalADayMs))
}

/**
 * Bars of a file in their order. Throws `validation_failed` if the first of them are bars of another timeframe than they are read for: of shorter ones a few would be taken for longer ones, and
 * longer ones would be known before they have closed.
 */
export async function* ofTimeframe(bars: AsyncIterable<BarInput>, timeframe: Timeframe, name: string): AsyncGenerator<BarInput> {
  let first: BarInput[] | undefined = []
  const judged = (some: readonly BarInput[]): readonly BarInput[] => {
    const other = otherTimeframe(some, timeframe)
    if (other !== undefined)
      throw new ServingError('validation_failed', `${name}: its bars follow each other as ${other} bars do, not as ${timeframe} bars: say --timeframe ${other}`)
    return some
  }
  for await (const bar of bars) {
    if (first === undefined) yield bar
    else if (first.push(bar) === sample) {
      yield* judged(first)
      first = undefined
    }
  }
  if (first !== undefined) yield* judged(first)
}
