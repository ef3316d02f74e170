import { at, type StepInput } from '../kernels/kernel.ts'
import { ring } from '../kernels/ring.ts'
import { rollingExtreme } from '../kernels/rolling-extreme.ts'
import { rollingMoments } from '../kernels/rolling-moments.ts'
import { rollingSum } from '../kernels/rolling-sum.ts'
import { exponential } from '../kernels/smoothing.ts'

/** Where a running function keeps its memory, and the bars of a run before the first on which its operand can have a value. */
export type Seat = { readonly from: number; readonly lag: number }

/** A function of the past of one series: takes the value of this bar, NaN where there is none, and gives its own. Called on every bar from the operand's first on. */
export type Running = { readonly end: number; next(state: Float64Array, value: number, input: StepInput): number }

/** A block of kernels over the values of a window, none of which is NaN. */
type Block = { readonly end: number; push(state: Float64Array, value: number, input: StepInput): void; value(state: Float64Array, newest: number): number }

/** A function of a window: no value while one of its values is not there. In place of such a value the block takes the one before it, which leaves the window at the same bar. */
function windowed(length: number, { from }: Seat, block: Block): Running {
  const [known, last] = [from, from + 1]
  return {
    end: block.end,
    next(state, newest, input) {
      const there = !Number.isNaN(newest)
      state[known] = there ? at(state, known) + 1 : 0
      if (there) state[last] = newest
      block.push(state, at(state, last), input)
      return at(state, known) < length ? NaN : block.value(state, newest)
    },
  }
}

/** Share of the mean below which a deviation is rounding. */
const noise = 1e-11

const own = 2
const inner = ({ from, lag }: Seat): Seat => ({ from: from + own, lag })

function overMoments(length: number, seat: Seat, value: (mean: number, variance: number, newest: number) => number): Running {
  const moments = rollingMoments(length, { ...inner(seat), strict: true })
  return windowed(length, seat, { ...moments, value: (state, newest) => value(moments.mean(state), moments.variance(state), newest) })
}

function extreme(sign: 1 | -1): (length: number, seat: Seat) => Running {
  return (length, seat) => {
    const most = rollingExtreme(length, sign, seat.from + own)
    return windowed(length, seat, {
      end: most.end,
      push: (state, value, { run }) => most.push(state, value, run - seat.lag),
      value: (state) => most.value(state),
    })
  }
}

/** Value `k` bars before and now, as a running function. */
const lagged =
  (of: (before: number, now: number) => number) =>
  (k: number, { from, lag }: Seat): Running => {
    const values = ring(k, from)
    return {
      end: values.end,
      next(state, value, { run }) {
        const before = run - lag > k ? values.get(state, run - lag, k) : NaN
        values.put(state, value, run - lag)
        return of(before, value)
      },
    }
  }

/** Share of the other values of the window that are lower, those that are equal counted half. */
function rankOf(length: number, seat: Seat): Running {
  const values = ring(length, seat.from + own + 1)
  const nth = seat.from + own
  return windowed(length, seat, {
    end: values.end,
    push(state, value, { run }) {
      state[nth] = run - seat.lag
      values.put(state, value, run - seat.lag)
    },
    value(state, newest) {
      let halves = 0
      for (let age = 1; age < length; age++) halves += 1 + Math.sign(newest - values.get(state, at(state, nth), age))
      return halves / 2 / (length - 1)
    },
  })
}

/** Exponential average seeded with the mean of the first `length` values; values that are not there are passed over. */
function exponentialOf(length: number, { from }: Seat): Running {
  const average = exponential(length, from + 1)
  return {
    end: from + 2,
    next(state, value) {
      if (Number.isNaN(value)) return NaN
      const nth = at(state, from) + 1
      state[from] = nth
      average.push(state, value, nth)
      return nth < length ? NaN : average.value(state)
    },
  }
}

/** The functions of a series by name; a standard deviation is that of the population. */
export const windows = {
  lag: lagged((before) => before),
  delta: lagged((before, now) => now - before),
  mean: (length: number, seat: Seat): Running => overMoments(length, seat, (mean) => mean),
  std: (length: number, seat: Seat): Running => overMoments(length, seat, (_mean, variance) => Math.sqrt(variance)),
  zscore: (length: number, seat: Seat): Running =>
    overMoments(length, seat, (mean, variance, newest) => {
      const deviation = Math.sqrt(variance)
      return deviation <= noise * Math.abs(mean) ? NaN : (newest - mean) / deviation
    }),
  sum(length: number, seat: Seat): Running {
    const total = rollingSum(length, inner(seat))
    return windowed(length, seat, { ...total, value: (state) => total.sum(state) })
  },
  min: extreme(-1),
  max: extreme(1),
  rank: rankOf,
  ema: exponentialOf,
} as const
