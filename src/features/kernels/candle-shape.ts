import type { Kernel } from './kernel.ts'

/** Outputs, as shares of the open: body, upper wick, lower wick, and twice the close less high and low. */
export const candleShape: Kernel = {
  size: 0,
  outputs: 4,
  step(_state, { open, high, low, close }, out) {
    out[0] = (close - open) / open
    out[1] = (high - Math.max(open, close)) / open
    out[2] = (Math.min(open, close) - low) / open
    out[3] = (2 * close - high - low) / open
  },
}
