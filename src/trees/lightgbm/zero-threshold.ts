import { nextDown } from '../adjacent-doubles.ts'
import { zeroThreshold } from '../ensemble.ts'

/**
 * LightGBM's dense prediction turns |x| <= 1e-35f into 0 before it compares. Moving the thresholds within that band to its edges gives the same answers for the
 * values as they are: below 0 to just under the band, from 0 (or -0) on to its upper edge.
 */
export function foldZeroBand(threshold: number): number {
  if (threshold >= -zeroThreshold && threshold < 0) return nextDown(-zeroThreshold)
  return threshold >= 0 && threshold <= zeroThreshold ? zeroThreshold : threshold
}
