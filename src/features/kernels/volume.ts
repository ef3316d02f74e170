import { at, type Kernel, type StepInput, typicalPrice } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingMoments } from './rolling-moments.ts'
import { rollingSum } from './rolling-sum.ts'

const clip = 8

/** Standard score of ln(1 + volume) among the last `length` bars, within ±8; none while the volume does not change. */
export function volumeScoreKernel(length: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.end,
    outputs: 1,
    step(state, input, out) {
      const value = Math.log1p(input.volume)
      moments.push(state, value, input)
      out[0] = NaN
      if (input.run < length) return
      const deviation = Math.sqrt(moments.variance(state))
      if (deviation > 0) out[0] = Math.min(clip, Math.max(-clip, (value - moments.mean(state)) / deviation))
    },
  }
}

/** How much of a bar's volume came in, or went out if negative; `before` is the close before it. */
type Flow = (input: StepInput, before: number) => number

/** On-balance volume: all of it, by the side to which the close moved (Granville 1963). */
const onBalance: Flow = ({ close, volume }, before) => Math.sign(close - before) * volume

/** Accumulation / distribution: by where the close lies between low and high (Chaikin); nothing if they are equal. */
const accumulation: Flow = ({ high, low, close, volume }) => (high > low ? ((close - low - (high - close)) / (high - low)) * volume : 0)

/** The sums of flows over the last `length` bars, afresh from the window at every bar (O(length)): the level of such a sum is arbitrary and grows without bound. */
function flowWindow(length: number, flow: Flow) {
  const previous = 0
  const flows = ring(length, 1)
  const volumes = ring(length, flows.end)
  const levels = new Float64Array(length)
  return {
    end: volumes.end,
    push(state: Float64Array, input: StepInput): void {
      flows.put(state, input.run === 1 ? 0 : flow(input, at(state, previous)), input.run)
      volumes.put(state, input.volume, input.run)
      state[previous] = input.close
    },
    /** The sum at every bar of the window, oldest first, where it is zero; overwritten by the next call. */
    levels(state: Float64Array, run: number): Float64Array {
      let level = 0
      for (let i = 0, slot = flows.oldest(run); i < length; i++, slot = flows.next(slot)) {
        if (i > 0) level += at(state, slot)
        levels[i] = level
      }
      return levels
    },
    meanVolume(state: Float64Array, run: number): number {
      let sum = 0
      for (let i = 0, slot = volumes.oldest(run); i < length; i++, slot = volumes.next(slot)) sum += at(state, slot)
      return sum / length
    },
  }
}

/** Least-squares slope of summed flows over the last `length` bars, over their mean volume; none while that is zero. O(length). */
function slopeOf(length: number, flow: Flow): Kernel {
  const flows = flowWindow(length, flow)
  const middle = (length - 1) / 2
  const spread = (length * (length * length - 1)) / 12
  return {
    size: flows.end,
    outputs: 1,
    step(state, input, out) {
      const { run } = input
      flows.push(state, input)
      out[0] = NaN
      if (run < length) return
      const levels = flows.levels(state, run)
      let covariance = 0
      for (let i = 0; i < length; i++) covariance += (i - middle) * at(levels, i)
      const volume = flows.meanVolume(state, run)
      if (volume > 0) out[0] = covariance / spread / volume
    },
  }
}

/** Slope of on-balance volume, in mean volumes a bar. */
export const obvSlopeKernel = (length: number): Kernel => slopeOf(length, onBalance)

/** Slope of the accumulation / distribution line, in mean volumes a bar. */
export const accumulationSlopeKernel = (length: number): Kernel => slopeOf(length, accumulation)

/** Standard score of on-balance volume among its last `length` values; none while it does not change. O(length). */
export function obvScoreKernel(length: number): Kernel {
  const flows = flowWindow(length, onBalance)
  return {
    size: flows.end,
    outputs: 1,
    step(state, input, out) {
      flows.push(state, input)
      out[0] = NaN
      if (input.run < length) return
      const levels = flows.levels(state, input.run)
      let sum = 0
      for (let i = 0; i < length; i++) sum += at(levels, i)
      const mean = sum / length
      let squares = 0
      for (let i = 0; i < length; i++) squares += (at(levels, i) - mean) ** 2
      if (squares > 0) out[0] = (at(levels, length - 1) - mean) / Math.sqrt(squares / length)
    },
  }
}

/** Chaikin's money flow, as in TA-Lib: accumulation over volume of the last `length` bars; none while nothing was traded. */
export function chaikinFlowKernel(length: number): Kernel {
  const flows = rollingSum(length)
  const volumes = rollingSum(length, { from: flows.end })
  return {
    size: volumes.end,
    outputs: 1,
    step(state, input, out) {
      flows.push(state, accumulation(input, 0), input)
      volumes.push(state, input.volume, input)
      out[0] = input.run < length || volumes.sum(state) === 0 ? NaN : flows.sum(state) / volumes.sum(state)
    },
  }
}

/** The close over the average typical price by volume of the last `length` bars, minus one; none while nothing was traded. */
export function vwapRatioKernel(length: number): Kernel {
  const money = rollingSum(length)
  const volumes = rollingSum(length, { from: money.end })
  return {
    size: volumes.end,
    outputs: 1,
    step(state, input, out) {
      money.push(state, typicalPrice(input) * input.volume, input)
      volumes.push(state, input.volume, input)
      out[0] = input.run < length || volumes.sum(state) === 0 ? NaN : (input.close * volumes.sum(state)) / money.sum(state) - 1
    },
  }
}
