import type { Kernel } from './kernel.ts'
import { exponential } from './smoothing.ts'

/** Lengths of the three averages. */
export type MacdLengths = { readonly fast: number; readonly slow: number; readonly signal: number }

/** Outputs: line, signal, histogram as in TA-Lib: the seeds of both averages end on bar `slow`, the signal is seeded with the mean of the first lines, and nothing is put out before the signal exists. */
export function macdKernel({ fast, slow, signal }: MacdLengths): Kernel {
  const first = slow + signal - 1
  const [fastAverage, slowAverage, signalAverage] = [exponential(fast, 0), exponential(slow, 1), exponential(signal, 2)]
  return {
    size: 3,
    outputs: 3,
    step(state, { close, run }, out) {
      fastAverage.push(state, close, run - (slow - fast))
      slowAverage.push(state, close, run)
      const line = fastAverage.value(state) - slowAverage.value(state)
      signalAverage.push(state, line, run - slow + 1)
      out[0] = run < first ? NaN : line
      out[1] = run < first ? NaN : signalAverage.value(state)
      out[2] = run < first ? NaN : line - signalAverage.value(state)
    },
  }
}

/** Fast minus slow exponential average in percent of the slow one; each is seeded with its own first bars, as in TA-Lib's PPO with exponential averages (unlike its MACD). */
export function ppoKernel(fast: number, slow: number): Kernel {
  const [fastAverage, slowAverage] = [exponential(fast, 0), exponential(slow, 1)]
  return {
    size: 2,
    outputs: 1,
    step(state, { close, run }, out) {
      fastAverage.push(state, close, run)
      slowAverage.push(state, close, run)
      out[0] = run < slow ? NaN : (100 * (fastAverage.value(state) - slowAverage.value(state))) / slowAverage.value(state)
    },
  }
}
