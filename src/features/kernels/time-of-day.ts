import type { Kernel } from './kernel.ts'

const dayMs = 86_400_000

/** Outputs: sine and cosine of the time of day (UTC) at which the bar closed. */
export const timeOfDay: Kernel = {
  size: 0,
  outputs: 2,
  step(_state, { closeTime }, out) {
    const angle = (2 * Math.PI * (closeTime % dayMs)) / dayMs
    out[0] = Math.sin(angle)
    out[1] = Math.cos(angle)
  },
}
