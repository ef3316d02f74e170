import type { Ensemble } from './ensemble.ts'
import { fitsBitSlab } from './bit-slab/plan.ts'

/** The ways to evaluate single rows. */
export type Engine = 'bit-slab' | 'interpreter'

/** The most memory a kernel may take; categorical features with many categories and many splits are what reaches it. */
export const maxSlabBytes = 64 * 1024 * 1024

/** Below this many trees the kernel's fixed work, turning the row into bytes, costs more than walking the trees. */
const fewTrees = 4

/** The evaluator for an ensemble by its shape alone: the same model always gets the same one. */
export function chooseEngine(ensemble: Ensemble): Engine {
  return fitsBitSlab(ensemble) && ensemble.trees > fewTrees ? 'bit-slab' : 'interpreter'
}
