import { ServingError } from '../contracts/error.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { BarInput } from './check-bar.ts'

/** Bars that a file is judged by, and how many of them it takes to say that it is coarser: a few lie on a longer grid by chance. */
const [judged, enough] = [200, 20]

const lengths = Object.entries(timeframes)

/** The distance between bars that follow each other which most are at, whatever their order: the median; 0 for a single bar. */
function usualStep(openTimes: readonly number[]): number {
  const steps = openTimes.slice(1).map((openTime, i) => Math.abs(openTime - (openTimes[i] as number)))
  const others = steps.filter((step) => step > 0).toSorted((a, b) => a - b)
  return others[Math.floor(others.length / 2)] ?? 0
}

/** How far apart bars are that are certainly not of a timeframe: most follow each other sooner, or all open on the grid of a longer one. Undefined if they may be. */
function otherLength(openTimes: readonly number[], timeframe: Timeframe): number | undefined {
  const barMs = timeframes[timeframe]
  const step = usualStep(openTimes)
  if (step > 0 && step < barMs) return step
  if (new Set(openTimes).size < enough || step <= barMs) return undefined
  return lengths.some(([, ms]) => ms > barMs && openTimes.every((openTime) => openTime % ms === 0)) ? step : undefined
}

function refuse(path: string, timeframe: Timeframe, step: number): ServingError {
  const name = lengths.find(([, ms]) => ms === step)?.[0]
  const fix = name === undefined ? '' : `: say --timeframe ${name}`
  return new ServingError('validation_failed', `${path}: its bars are ${name ?? `${step / 1_000} s`} apart and cannot be those of ${timeframe}${fix}`)
}

/** The bars of a file as they come; throws `validation_failed` where the first of them show that they are of another timeframe, whose prices would be taken for those of this one. */
export async function* barsOfTimeframe(path: string, timeframe: Timeframe, bars: AsyncIterable<BarInput>): AsyncGenerator<BarInput> {
  const openTimes: number[] = []
  const judge = (): void => {
    const step = otherLength(openTimes, timeframe)
    if (step !== undefined) throw refuse(path, timeframe, step)
  }
  for await (const bar of bars) {
    if (openTimes.length < judged && openTimes.push(bar.openTime) === judged) judge()
    yield bar
  }
  if (openTimes.length < judged) judge()
}
