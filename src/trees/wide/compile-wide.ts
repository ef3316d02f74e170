import { isCategorical, wordsInSet, type Ensemble } from '../ensemble.ts'
import type { ForestSource } from '../forest-source.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import { buildWideImage } from './image.ts'
import { encodeWideKernel } from './kernel.ts'
import { layOutWide } from './layout.ts'
import { slotsOf } from './slots.ts'

/** What bounds a kernel's memory: at most eight million nodes. */
const limits = { mebibytes: 256, timesEnsemble: 8 } as const

/** Sets of up to 2048 categories a node, or 2 million in all, counted for each node that names one: each word of a set takes many times its own size here, in time too. */
function fitsSets(ensemble: Ensemble): boolean {
  const nodes = ensemble.feature.length
  let words = 0
  for (let node = 0; node < nodes; node++) if (isCategorical(ensemble, node)) words += wordsInSet(ensemble, node)
  return words <= 65_536 + 64 * nodes
}

/** The general kernel: any number of features and leaves, categories too. undefined for linear leaves, no trees, very large sets of categories, and forests too large for its memory. */
export function compileWide({ ensemble }: ForestSource): Kernel | undefined {
  if (ensemble.linear !== undefined || ensemble.trees === 0 || !fitsSets(ensemble)) return undefined
  const slots = slotsOf(ensemble)
  const layout = layOutWide(ensemble, slots)
  if (layout.bytes > kernelBudget(ensemble, limits)) return undefined
  const { trees, outputs, leafWidth, roundSums } = ensemble
  return {
    code: encodeWideKernel({ slots, layout, trees, outputs, leafWidth, roundSums }),
    image: buildWideImage({ ensemble, slots, layout }),
    row: layout.slots,
    out: layout.out,
    stages: { from: layout.slots, to: layout.out + outputs * 8, cuts: layout.cuts },
  }
}
