import { addTo, sumAt, thousandOf } from './compensated-sum.ts'
import { at, type Kernel } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingMoments } from './rolling-moments.ts'
import { exponential, type Smoothing } from './smoothing.ts'

/** Writes an average and the close over it, minus one. */
function putBoth(out: Float64Array, average: number, close: number): void {
  out[0] = average
  out[1] = close / average - 1
}

/** Outputs: simple moving average of the last `length` closes; the close over it, minus one. */
export function smaKernel(length: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.end,
    outputs: 2,
    step(state, input, out) {
      moments.push(state, input.close, input)
      putBoth(out, input.run < length ? NaN : moments.mean(state), input.close)
    },
  }
}

/** Outputs: exponential moving average as in TA-Lib (seeded with the mean of the first `length` closes, then e += (C - e) * 2 / (length + 1)); the close over it, minus one. */
export function emaKernel(length: number): Kernel {
  const average = exponential(length, 0)
  return {
    size: 1,
    outputs: 2,
    step(state, { close, run }, out) {
      average.push(state, close, run)
      putBoth(out, run < length ? NaN : average.value(state), close)
    },
  }
}

/** Average of the last `length` closes with weights 1 to `length`, the newest heaviest, as in TA-Lib: two compensated sums, recomputed at every new thousand of bars. */
export function wmaKernel(length: number): Kernel {
  const [block, plain, weighted, values] = [0, 1, 3, 5]
  const closes = ring(length, values)
  const total = (length * (length + 1)) / 2
  return {
    size: closes.end,
    outputs: 1,
    step(state, { close, run, index }, out) {
      const kept = Math.min(run, length)
      const leaving = run > length ? closes.get(state, run, length) : 0
      closes.put(state, close, run)
      if (thousandOf(index) !== at(state, block)) {
        state.fill(0, plain, values)
        for (let weight = 1; weight < kept; weight++) {
          addTo(state, plain, closes.get(state, run, kept - weight))
          addTo(state, weighted, weight * closes.get(state, run, kept - weight))
        }
      } else if (run > length) {
        addTo(state, weighted, -sumAt(state, plain))
        addTo(state, plain, -leaving)
      }
      addTo(state, plain, close)
      addTo(state, weighted, kept * close)
      state[block] = thousandOf(index)
      out[0] = run < length ? NaN : sumAt(state, weighted) / total
    },
  }
}

/** Weights of the newest closes, newest first, in a weighted average of `length`. */
const linearWeights = (length: number): number[] => Array.from({ length }, (_, age) => (length - age) / ((length * (length + 1)) / 2))

/** Hull's moving average (2005): a weighted average over floor(sqrt(length)) bars of twice that over floor(length / 2) minus that over `length`; all of it is one weight for each close. */
export function hmaKernel(length: number): Kernel {
  const [half, whole, root] = [Math.floor(length / 2), length, Math.floor(Math.sqrt(length))].map(linearWeights) as [number[], number[], number[]]
  const count = length + root.length - 1
  const weights = new Float64Array(count)
  root.forEach((outer, delay) => {
    const newest = count - 1 - delay
    for (const [age, inner] of half.entries()) weights[newest - age] = at(weights, newest - age) + 2 * outer * inner
    for (const [age, inner] of whole.entries()) weights[newest - age] = at(weights, newest - age) - outer * inner
  })
  const closes = ring(count)
  return {
    size: closes.end,
    outputs: 1,
    step(state, { close, run }, out) {
      closes.put(state, close, run)
      out[0] = NaN
      if (run < count) return
      let sum = 0
      for (let i = 0, slot = closes.oldest(run); i < count; i++, slot = closes.next(slot)) sum += at(weights, i) * at(state, slot)
      out[0] = sum
    },
  }
}

/** Exponential averages of exponential averages, each seeded with the first `length` values of the one before, and their sum with the given weights. */
function chained(length: number, weights: readonly number[]): Kernel {
  const averages: readonly Smoothing[] = weights.map((_, slot) => exponential(length, slot))
  return {
    size: weights.length,
    outputs: 1,
    step(state, { close, run }, out) {
      let value = close
      let sum = 0
      for (let i = 0; i < averages.length; i++) {
        const average = averages[i] as Smoothing
        average.push(state, value, run - i * (length - 1))
        value = average.value(state)
        sum += (weights[i] as number) * value
      }
      out[0] = run <= weights.length * (length - 1) ? NaN : sum
    },
  }
}

/** Double exponential average (Mulloy 1994), as in TA-Lib. */
export const demaKernel = (length: number): Kernel => chained(length, [2, -1])

/** Triple exponential average (Mulloy 1994), as in TA-Lib. */
export const temaKernel = (length: number): Kernel => chained(length, [3, -3, 1])
