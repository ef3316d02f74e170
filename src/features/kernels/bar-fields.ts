import type { Kernel } from './kernel.ts'

/** Outputs: close, volume. */
export const barFields: Kernel = {
  size: 0,
  outputs: 2,
  step(_state, input, out) {
    out[0] = input.close
    out[1] = input.volume
  },
}
