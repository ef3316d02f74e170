import { at, type Kernel } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingMoments } from './rolling-moments.ts'

/** Outputs: skewness and excess kurtosis of the last `length` log returns, of the population; none while they are equal. */
export function returnShapeKernel(length: number): Kernel {
  const moments = rollingMoments(length, { lag: 1, powers: 4 })
  const previous = moments.end
  return {
    size: previous + 1,
    outputs: 2,
    step(state, input, out) {
      const change = Math.log(input.close / at(state, previous))
      state[previous] = input.close
      out.fill(NaN)
      if (input.run === 1) return
      moments.push(state, change, input)
      const variance = moments.variance(state)
      if (input.run <= length || variance === 0) return
      out[0] = moments.third(state) / variance ** 1.5
      out[1] = moments.fourth(state) / variance ** 2 - 3
    },
  }
}

/** The last `length` log returns, and their mean. */
function returnWindow(length: number) {
  const changes = ring(length)
  const previous = changes.end
  return {
    ...changes,
    end: previous + 1,
    push(state: Float64Array, close: number, run: number): void {
      if (run > 1) changes.put(state, Math.log(close / at(state, previous)), run - 1)
      state[previous] = close
    },
    mean(state: Float64Array, run: number): number {
      let sum = 0
      for (let i = 0, slot = changes.oldest(run - 1); i < length; i++, slot = changes.next(slot)) sum += at(state, slot)
      return sum / length
    },
  }
}

/** Autocorrelation at lag 1 of the last `length` log returns: products of neighbours over squares, around their mean; none while they are equal. O(length). */
export function autocorrelationKernel(length: number): Kernel {
  const changes = returnWindow(length)
  return {
    size: changes.end,
    outputs: 1,
    step(state, { close, run }, out) {
      changes.push(state, close, run)
      out[0] = NaN
      if (run <= length) return
      const mean = changes.mean(state, run)
      let [products, squares, before] = [0, 0, 0]
      for (let i = 0, slot = changes.oldest(run - 1); i < length; i++, slot = changes.next(slot)) {
        const deviation = at(state, slot) - mean
        products += before * deviation
        squares += deviation * deviation
        before = deviation
      }
      if (squares > 0) out[0] = products / squares
    },
  }
}

/** Variance ratio of Lo and MacKinlay (1988), unbiased: variance of overlapping sums of `step` returns over `step` times that of single ones, among the last `length`; none while they are equal. O(length). */
export function varianceRatioKernel(step: number, length: number): Kernel {
  const changes = returnWindow(length)
  const overlapping = step * (length - step + 1) * (1 - step / length)
  return {
    size: changes.end,
    outputs: 1,
    step(state, { close, run }, out) {
      changes.push(state, close, run)
      out[0] = NaN
      if (run <= length) return
      const mean = changes.mean(state, run)
      const oldest = changes.oldest(run - 1)
      let [single, joint, joined] = [0, 0, 0]
      for (let i = 0, slot = oldest, leaving = oldest; i < length; i++, slot = changes.next(slot)) {
        const deviation = at(state, slot) - mean
        single += deviation * deviation
        joined += deviation
        if (i >= step) {
          joined -= at(state, leaving) - mean
          leaving = changes.next(leaving)
        }
        if (i >= step - 1) joint += joined * joined
      }
      if (single > 0) out[0] = joint / overlapping / (single / (length - 1))
    },
  }
}
