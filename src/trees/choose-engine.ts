import type { Ensemble } from './ensemble.ts'
import { fitsBitSlab } from './bit-slab/plan.ts'

/** The kernels for single rows. */
export type KernelEngine = 'bit-slab' | 'bt4' | 'wide'

/** The ways to evaluate single rows. */
export type Engine = KernelEngine | 'interpreter'

/** Up to this many trees the kernel's fixed work, turning the row into bytes, costs more than walking the trees (31 leaves, 30 features: 2 trees 0.8x, 4 trees 1.4x). */
const fewTrees = 2

/** The evaluator for an ensemble by its shape alone: the same model always gets the same one. */
export function chooseEngine(ensemble: Ensemble): Engine {
  if (ensemble.linear !== undefined || ensemble.trees <= fewTrees) return 'interpreter'
  return fitsBitSlab(ensemble) ? 'bit-slab' : 'wide'
}
