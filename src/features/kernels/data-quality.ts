import { at, type Kernel } from './kernel.ts'
import { rollingSum } from './rolling-sum.ts'

/** Share of the last `length` bars in which nothing was traded. */
export function emptyShareKernel(length: number): Kernel {
  const empty = rollingSum(length)
  return {
    size: empty.end,
    outputs: 1,
    step(state, input, out) {
      empty.push(state, Number(input.volume === 0), input)
      out[0] = input.run < length ? NaN : empty.sum(state) / length
    },
  }
}

/** How many of the last `length` bars did not follow the one before at once; bars that stand for missing ones are a gap where the first of them is. */
export function gapCountKernel(length: number): Kernel {
  const gaps = rollingSum(length, { lag: 1 })
  const previous = gaps.end
  return {
    size: previous + 2,
    outputs: 1,
    step(state, input, out) {
      const filled = Number(input.filled === true)
      const isApart = input.follows !== true && input.index !== at(state, previous) + 1
      if (input.run > 1) gaps.push(state, Number(isApart || filled > at(state, previous + 1)), input)
      state[previous] = input.index
      state[previous + 1] = filled
      out[0] = input.run <= length ? NaN : gaps.sum(state)
    },
  }
}
