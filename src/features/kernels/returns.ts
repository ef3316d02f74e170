import { at, type Kernel } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingMoments } from './rolling-moments.ts'

/** A kernel over the close now and the close `lag` bars ago. */
function lagged(lag: number, value: (now: number, before: number) => number): Kernel {
  const closes = ring(lag)
  return {
    size: closes.end,
    outputs: 1,
    step(state, { close, run }, out) {
      out[0] = run <= lag ? NaN : value(close, closes.get(state, run, lag))
      closes.put(state, close, run)
    },
  }
}

/** Natural logarithm of the close over the close `lag` bars ago. */
export const logReturnKernel = (lag: number): Kernel => lagged(lag, (now, before) => Math.log(now / before))

/** Change of the close over `lag` bars in percent, as TA-Lib's ROC. */
export const rateOfChangeKernel = (lag: number): Kernel => lagged(lag, (now, before) => (now / before - 1) * 100)

/** Change of the close over `lag` bars in units of price, as TA-Lib's MOM. */
export const momentumKernel = (lag: number): Kernel => lagged(lag, (now, before) => now - before)

/** Realised volatility: square root of the sum of the last `length` squared log returns. */
export function realisedVolatilityKernel(length: number): Kernel {
  const squared = rollingMoments(length, { lag: 1 })
  const previous = squared.end
  return {
    size: squared.end + 1,
    outputs: 1,
    step(state, input, out) {
      const before = at(state, previous)
      state[previous] = input.close
      out[0] = NaN
      if (input.run === 1) return
      const change = Math.log(input.close / before)
      squared.push(state, change * change, input)
      if (input.run > length) out[0] = Math.sqrt(Math.max(0, squared.mean(state) * length))
    },
  }
}
