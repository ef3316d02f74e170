import { wasmHost, type WasmModule } from '../wasm/host.ts'
import { simdSupport } from '../wasm/simd-support.ts'
import { buildImage } from './bit-slab/image.ts'
import { encodeKernel } from './bit-slab/kernel.ts'
import { layOut } from './bit-slab/layout.ts'
import { planSlab } from './bit-slab/plan.ts'
import { chooseEngine, maxSlabBytes, type Engine } from './choose-engine.ts'
import type { Ensemble } from './ensemble.ts'
import { intakeOf, type Intake } from './intake.ts'
import { finishOf, type Finish } from './transform.ts'

/** A bit-slab kernel with the contents of its memory; `row` and `out` are byte addresses in it. */
export type CompiledSlab = {
  readonly engine: 'bit-slab'
  readonly intake: Intake
  readonly outputs: number
  readonly finish: Finish
  readonly module: WasmModule
  readonly image: Uint8Array<ArrayBuffer>
  readonly row: number
  readonly out: number
}

/** A forest made ready to run: plain data and a WebAssembly module at most, so it can be posted from the worker thread that compiled it. */
export type CompiledForest = { readonly engine: 'interpreter'; readonly ensemble: Ensemble } | CompiledSlab

/** `engine` overrides the choice by shape where the ensemble allows it; `relaxedSimd: false` keeps to the strict vector instructions. */
export type CompileOptions = { readonly engine?: Engine; readonly relaxedSimd?: boolean }

function compileSlab(ensemble: Ensemble, relaxed: boolean): CompiledSlab | undefined {
  const plan = planSlab(ensemble)
  if (plan === undefined) return undefined
  const layout = layOut(ensemble, plan)
  if (layout.bytes > maxSlabBytes) return undefined
  const { outputs, trees, roundSums } = ensemble
  const module = new wasmHost.Module(encodeKernel({ shape: plan.shape, layout, outputs, trees, roundSums, relaxed }))
  return {
    engine: 'bit-slab',
    intake: intakeOf(ensemble),
    outputs,
    finish: finishOf(ensemble),
    module,
    image: buildImage({ ensemble, plan, layout }),
    row: layout.row,
    out: layout.out,
  }
}

/** Compiles an ensemble for single rows with the evaluator that suits its shape; the interpreter where the kernel cannot hold it or the host has no vector instructions. */
export function compileForest(ensemble: Ensemble, options: CompileOptions = {}): CompiledForest {
  const support = simdSupport()
  const engine = support === 'none' ? 'interpreter' : (options.engine ?? chooseEngine(ensemble))
  const slab = engine === 'bit-slab' ? compileSlab(ensemble, support === 'relaxed' && options.relaxedSimd !== false) : undefined
  return slab ?? { engine: 'interpreter', ensemble }
}
