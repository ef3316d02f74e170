import type { Ensemble } from './ensemble.ts'
import { leafOf } from './interpret.ts'
import { seenRow } from './intake.ts'

/** The leaf of every tree that a row (`inputs` values, NaN = missing) falls into, counted within its tree: LightGBM's `pred_leaf`. `out` gets one value per tree. */
export function leafIndices(ensemble: Ensemble, row: Float64Array, out: Int32Array): void {
  const seen = seenRow(ensemble, row)
  for (let t = 0; t < ensemble.trees; t++) out[t] = leafOf(ensemble, t, seen)
}
