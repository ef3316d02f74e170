import type { Random } from '../contracts/ports.ts'

/** The first wait and the longest wait, in ms. */
export type BackoffLimits = { readonly baseMs: number; readonly capMs: number }

/** Ms to wait before attempt `failures` + 1: doubles from `baseMs` to `capMs`, of which the upper half is random (so that many clients do not come back in step). */
export function backoffMs(failures: number, limits: BackoffLimits, random: Random): number {
  const whole = Math.min(limits.capMs, limits.baseMs * 2 ** Math.max(0, failures - 1))
  return (whole / 2) * (1 + random())
}
