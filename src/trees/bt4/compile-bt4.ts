import { hasCategories, largestTree, sendsMissingRight, type Ensemble } from '../ensemble.ts'
import type { ForestSource } from '../forest-source.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import { blocksOf } from './blocks.ts'
import { buildBt4Image } from './image.ts'
import { encodeBt4Kernel } from './kernel.ts'
import { blockBit, layOutBt4, maxColumns } from './layout.ts'

/** What bounds a kernel's memory. */
const limits = { mebibytes: 256, timesEnsemble: 8 } as const

/** Whether the kernel can evaluate the ensemble at all: no linear leaves, no categories, leaves that 15 bits count. */
function fitsBt4(ensemble: Ensemble): boolean {
  return ensemble.trees > 0 && ensemble.linear === undefined && !hasCategories(ensemble) && largestTree(ensemble) <= blockBit
}

/** The kernel that walks four levels a step. undefined where it cannot hold the ensemble: see `fitsBt4`; more than 32 byte columns; too much memory. */
export function compileBt4({ ensemble, relaxed, ...source }: ForestSource): Kernel | undefined {
  if (!fitsBt4(ensemble)) return undefined
  const quantised = source.quantised()
  if (quantised.columns.length > maxColumns) return undefined
  const blocks = Array.from({ length: ensemble.trees }, (_, t) => blocksOf(ensemble, t))
  const layout = layOutBt4({ ensemble, columns: quantised.columns, blocks })
  if (layout.bytes > kernelBudget(ensemble, limits)) return undefined
  const { outputs, trees, leafWidth, roundSums } = ensemble
  const missingRight = ensemble.flags.some(sendsMissingRight)
  return {
    code: encodeBt4Kernel({ layout, trees, outputs, leafWidth, roundSums, missingRight, relaxed }),
    image: buildBt4Image({ ensemble, quantised, blocks, layout }),
    row: layout.row,
    out: layout.out,
    stages: { from: layout.out, to: layout.columns + maxColumns, cuts: layout.cuts },
  }
}
