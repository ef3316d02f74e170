import { simdSupport } from '../wasm/simd-support.ts'
import { compileSlab } from './bit-slab/compile-slab.ts'
import { compileBt4 } from './bt4/compile-bt4.ts'
import { chooseEngine, type Engine, type KernelEngine } from './choose-engine.ts'
import type { Ensemble } from './ensemble.ts'
import { forestSource, type ForestSource } from './forest-source.ts'
import { intakeOf, type Intake } from './intake.ts'
import type { Kernel } from './kernel/kernel.ts'
import { compileBatch, type CompiledBatch } from './tournament/compile-batch.ts'
import { finishOf, type Finish } from './transform.ts'
import { rowsToWarm } from './warm-up.ts'
import { compileWide } from './wide/compile-wide.ts'

/** A kernel with what stands around it. */
export type CompiledKernel = Kernel & {
  readonly engine: KernelEngine
  readonly intake: Intake
  readonly outputs: number
  readonly finish: Finish
}

/** A forest made ready to run: plain data, so it can be sent by the process that compiled it. `batch` is its kernel for many rows; `warmRows` are for warmUp. */
export type CompiledForest = ({ readonly engine: 'interpreter'; readonly ensemble: Ensemble } | CompiledKernel) & {
  readonly batch: CompiledBatch | undefined
  readonly warmRows: Float64Array
}

/** What of a forest has an image of its own. */
export function kernelsOf(forest: CompiledForest): (CompiledKernel | CompiledBatch)[] {
  return [...(forest.engine === 'interpreter' ? [] : [forest]), ...(forest.batch ? [forest.batch] : [])]
}

/** `engine` overrides the choice by shape where the ensemble allows it, and `batch: false` leaves many rows to it as well; `relaxedSimd: false` keeps to the strict vector instructions. */
export type CompileOptions = { readonly engine?: Engine; readonly batch?: boolean; readonly relaxedSimd?: boolean }

const compilers: Record<KernelEngine, (source: ForestSource) => Kernel | undefined> = { 'bit-slab': compileSlab, bt4: compileBt4, wide: compileWide }

function compileSingle(source: ForestSource, engine: KernelEngine): CompiledKernel | undefined {
  const { ensemble } = source
  for (const tried of new Set<KernelEngine>([engine, 'wide'])) {
    const kernel = compilers[tried](source)
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
  if (support === 'none') return { engine: 'interpreter', ensemble, batch: undefined, warmRows: rowsToWarm(ensemble) }
  const source = forestSource(ensemble, support === 'relaxed' && options.relaxedSimd !== false)
  const engine = options.engine ?? chooseEngine(ensemble).engine
  const single = engine === 'interpreter' ? undefined : compileSingle(source, engine)
  const batch = options.batch === false ? undefined : compileBatch(source)
  return { ...(single ?? { engine: 'interpreter', ensemble }), batch, warmRows: rowsToWarm(ensemble) }
}
