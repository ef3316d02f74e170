import type { Kernel } from '../kernels/kernel.ts'

/** Hears of what the code of a module threw while it served; the value is absent then. */
export type OnFault = (feature: string, error: unknown) => void

/** Throws where a step gave a promise: what it writes and throws later would belong to no bar. Nobody is left with what that promise brings. */
function refusePromise(given: unknown): void {
  if (!(given instanceof Promise)) return
  given.catch(() => undefined)
  throw new TypeError('step gives a promise: a step is over when it returns, without async')
}

/** A kernel whose steps have no value until they write one, and are over when they return. */
export const blankKernel = (kernel: Kernel): Kernel => ({
  size: kernel.size,
  outputs: 1,
  step(state, input, out) {
    out[0] = NaN
    refusePromise(kernel.step(state, input, out))
  },
})

/** A kernel of a module whose steps never throw and never give what is not finite: there is no value then, and the first fault of each kernel is told. */
export function guardedKernel(feature: string, kernel: Kernel, onFault: OnFault): Kernel {
  const blank = blankKernel(kernel)
  let told = false
  return {
    ...blank,
    step(state, input, out) {
      try {
        blank.step(state, input, out)
      } catch (error) {
        out[0] = NaN
        if (!told) onFault(feature, error)
        told = true
      }
      if (!Number.isFinite(out[0])) out[0] = NaN
    },
  }
}
