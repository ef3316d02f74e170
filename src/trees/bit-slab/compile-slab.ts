import type { ForestSource } from '../forest-source.ts'
import { categoryTableBudget, kernelBudget } from '../kernel/kernel-budget.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { buildSlabImage } from './image.ts'
import { encodeSlabKernel } from './kernel.ts'
import { layOutSlab, tableBytes } from './layout.ts'
import { planSlab, slabLimits } from './plan.ts'

/** The kernel that makes all tests of a tree, without a branch. undefined where it cannot hold the ensemble: see `planSlab`; too much memory. */
export function compileSlab(source: ForestSource): Kernel | undefined {
  const plan = planSlab(source)
  if (plan === undefined) return undefined
  const { ensemble, relaxed } = source
  const layout = layOutSlab(ensemble, plan)
  if (layout.bytes > kernelBudget(ensemble, slabLimits) || tableBytes(layout) > categoryTableBudget(ensemble)) return undefined
  const { outputs, trees, leafWidth, roundSums } = ensemble
  return {
    code: encodeSlabKernel({ shape: plan.shape, layout, outputs, trees, leafWidth, roundSums, relaxed }),
    image: buildSlabImage({ ensemble, plan, layout }),
    row: layout.row,
    out: layout.out,
    stages: undefined,
  }
}
