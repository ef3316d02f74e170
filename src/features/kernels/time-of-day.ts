import { dayMs } from './days.ts'
import type { Kernel } from './kernel.ts'

const daysOfWeek = 7
/** The first day of the epoch was a Thursday: days are counted from Monday. */
const firstDay = 3

/** Writes sine and cosine of an angle. */
function putAngle(out: Float64Array, angle: number): void {
  out[0] = Math.sin(angle)
  out[1] = Math.cos(angle)
}

/** Outputs: sine and cosine of the time of day (UTC) at which the bar closed. */
export const timeOfDay: Kernel = {
  size: 0,
  outputs: 2,
  step(_state, { closeTime }, out) {
    putAngle(out, (2 * Math.PI * (closeTime % dayMs)) / dayMs)
  },
}

/** Outputs: sine and cosine of the day of the week (UTC) on which the bar closed, Monday 0. */
export const dayOfWeek: Kernel = {
  size: 0,
  outputs: 2,
  step(_state, { closeTime }, out) {
    putAngle(out, (2 * Math.PI * ((Math.floor(closeTime / dayMs) + firstDay) % daysOfWeek)) / daysOfWeek)
  },
}
