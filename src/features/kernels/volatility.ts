import { at, type Kernel, type StepInput } from './kernel.ts'
import { rollingMoments } from './rolling-moments.ts'
import { rollingSum } from './rolling-sum.ts'
import { decaying } from './smoothing.ts'

/** Returns whose squares are averaged to begin with. */
const seedReturns = 20

/** Square root of an average of squared log returns whose weights shrink by `decay` a bar (RiskMetrics 1996), seeded with the mean of the first 20. */
export function decayingVolatilityKernel(decay: number): Kernel {
  const [variance, previous] = [0, 1]
  const average = decaying(decay, seedReturns, variance)
  return {
    size: 2,
    outputs: 1,
    step(state, { close, run }, out) {
      const change = Math.log(close / at(state, previous))
      state[previous] = close
      average.push(state, change * change, run - 1)
      out[0] = run <= seedReturns ? NaN : Math.sqrt(average.value(state))
    },
  }
}

/** Root mean square of the last `fast` log returns over that of the last `slow`; none while the price has not moved. */
export function volatilityRatioKernel(fast: number, slow: number): Kernel {
  const recent = rollingSum(fast, { lag: 1 })
  const usual = rollingSum(slow, { from: recent.end, lag: 1 })
  const previous = usual.end
  return {
    size: previous + 1,
    outputs: 1,
    step(state, input, out) {
      const change = Math.log(input.close / at(state, previous))
      state[previous] = input.close
      out[0] = NaN
      if (input.run === 1) return
      recent.push(state, change * change, input)
      usual.push(state, change * change, input)
      if (input.run > slow && usual.sum(state) > 0) out[0] = Math.sqrt(recent.sum(state) / fast / (usual.sum(state) / slow))
    },
  }
}

/** Square root of the mean of a bar's own estimate of variance over `length` bars. */
function ofRanges(length: number, variance: (input: StepInput) => number): Kernel {
  const total = rollingSum(length)
  return {
    size: total.end,
    outputs: 1,
    step(state, input, out) {
      total.push(state, variance(input), input)
      out[0] = input.run < length ? NaN : Math.sqrt(Math.max(0, total.sum(state)) / length)
    },
  }
}

/** Parkinson (1980): ln(H/L)² / (4 ln 2). */
export const parkinsonKernel = (length: number): Kernel => ofRanges(length, ({ high, low }) => Math.log(high / low) ** 2 / (4 * Math.LN2))

/** Garman and Klass (1980): ln(H/L)² / 2 - (2 ln 2 - 1) ln(C/O)². */
export const garmanKlassKernel = (length: number): Kernel =>
  ofRanges(length, ({ open, high, low, close }) => Math.log(high / low) ** 2 / 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2)

/** What Rogers and Satchell (1991) see in one bar: ln(H/C) ln(H/O) + ln(L/C) ln(L/O). */
const driftless = ({ open, high, low, close }: StepInput): number =>
  Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open)

/** Rogers and Satchell (1991), which a drift does not disturb. */
export const rogersSatchellKernel = (length: number): Kernel => ofRanges(length, driftless)

/** Yang and Zhang (2000): sample variance of the jumps from close to open, plus k times that from open to close, plus 1 - k times Rogers and Satchell's; k as in the paper. */
export function yangZhangKernel(length: number): Kernel {
  const jumps = rollingMoments(length, { lag: 1 })
  const moves = rollingMoments(length, { from: jumps.end, lag: 1 })
  const ranges = rollingSum(length, { from: moves.end, lag: 1 })
  const previous = ranges.end
  const weight = 0.34 / (1.34 + (length + 1) / (length - 1))
  const sample = length / (length - 1)
  return {
    size: previous + 1,
    outputs: 1,
    step(state, input, out) {
      const before = at(state, previous)
      state[previous] = input.close
      out[0] = NaN
      if (input.run === 1) return
      jumps.push(state, Math.log(input.open / before), input)
      moves.push(state, Math.log(input.close / input.open), input)
      ranges.push(state, driftless(input), input)
      if (input.run <= length) return
      const within = weight * sample * moves.variance(state) + (1 - weight) * (Math.max(0, ranges.sum(state)) / length)
      out[0] = Math.sqrt(sample * jumps.variance(state) + within)
    },
  }
}
