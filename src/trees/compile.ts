import { wasmHost } from '../wasm/host.ts'
import { simdSupport } from '../wasm/simd-support.ts'
import { buildImage } from './bit-slab/image.ts'
import { encodeKernel } from './bit-slab/kernel.ts'
import { layOut } from './bit-slab/layout.ts'
import { planSlab, slabLimits } from './bit-slab/plan.ts'
import { compileBt4 } from './bt4/compile-bt4.ts'
import { chooseEngine, type Engine, type KernelEngine } from './choose-engine.ts'
import type { Ensemble } from './ensemble.ts'
import { intakeOf, type Intake } from './intake.ts'
import type { Kernel } from './kernel.ts'
import { kernelBudget } from './kernel-budget.ts'
import { compileBatch, type CompiledBatch } from './tournament/compile-batch.ts'
import { finishOf, type Finish } from './transform.ts'
import { compileWide } from './wide/compile-wide.ts'

/** A kernel with what stands around it. */
export type CompiledKernel = Kernel & {
  readonly engine: KernelEngine
  readonly intake: Intake
  readonly outputs: number
  readonly finish: Finish
}

/** A forest made ready to run: plain data and WebAssembly modules at most, so it can be posted from the worker thread that compiled it. `batch` is its kernel for many rows. */
export type CompiledForest = ({ readonly engine: 'interpreter'; readonly ensemble: Ensemble } | CompiledKernel) & { readonly batch: CompiledBatch | undefined }

/** `engine` overrides the choice by shape where the ensemble allows it, and `batch: false` leaves many rows to it as well; `relaxedSimd: false` keeps to the strict vector instructions. */
export type CompileOptions = { readonly engine?: Engine; readonly batch?: boolean; readonly relaxedSimd?: boolean }

function compileSlab(ensemble: Ensemble, relaxed: boolean): Kernel | undefined {
  const plan = planSlab(ensemble)
  if (plan === undefined) return undefined
  const layout = layOut(ensemble, plan)
  if (layout.bytes > kernelBudget(ensemble, slabLimits)) return undefined
  const { outputs, trees, roundSums } = ensemble
  const module = new wasmHost.Module(encodeKernel({ shape: plan.shape, layout, outputs, trees, roundSums, relaxed }))
  return { module, image: buildImage({ ensemble, plan, layout }), row: layout.row, out: layout.out, stages: undefined }
}

const compilers: Record<KernelEngine, (ensemble: Ensemble, relaxed: boolean) => Kernel | undefined> = {
  'bit-slab': compileSlab,
  bt4: compileBt4,
  wide: compileWide,
}

function compileSingle(ensemble: Ensemble, engine: KernelEngine, relaxed: boolean): CompiledKernel | undefined {
  for (const tried of [engine, 'wide'] as const) {
    const kernel = compilers[tried](ensemble, relaxed)
    if (kernel !== undefined) return { engine: tried, intake: intakeOf(ensemble), outputs: ensemble.outputs, finish: finishOf(ensemble), ...kernel }
  }
  return undefined
}

/**
 * Compiles an ensemble with the evaluators that suit its shape, for single rows and for many. Where the kernel for single rows cannot hold it, the wide one is tried, at last the
 * interpreter takes it: it alone needs no vector instructions of the host.
 */
export function compileForest(ensemble: Ensemble, options: CompileOptions = {}): CompiledForest {
  const support = simdSupport()
  if (support === 'none') return { engine: 'interpreter', ensemble, batch: undefined }
  const relaxed = support === 'relaxed' && options.relaxedSimd !== false
  const engine = options.engine ?? chooseEngine(ensemble).engine
  const single = engine === 'interpreter' ? undefined : compileSingle(ensemble, engine, relaxed)
  const batch = options.batch === false ? undefined : compileBatch(ensemble, { relaxed })
  return { ...(single ?? { engine: 'interpreter', ensemble }), batch }
}
