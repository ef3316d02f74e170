import { wasmHost, type WasmModule } from '../../wasm/host.ts'
import type { Ensemble } from '../ensemble.ts'
import { intakeOf, type Intake } from '../intake.ts'
import { kernelBudget } from '../kernel-budget.ts'
import { buildImage } from './image.ts'
import { encodeKernel } from './kernel.ts'
import { layOut } from './layout.ts'
import { planTournament, tournamentLimits } from './plan.ts'

/** A batch kernel with the contents of its memory; `rows` and `out` are byte addresses in it. Plain data and a module: it can be posted. */
export type CompiledBatch = {
  readonly intake: Intake
  readonly outputs: number
  readonly base: Float64Array<ArrayBuffer>
  readonly module: WasmModule
  readonly image: Uint8Array<ArrayBuffer>
  readonly rows: number
  readonly out: number
}

/** Compiles an ensemble for many rows at once; undefined where the kernel cannot hold it. */
export function compileBatch(ensemble: Ensemble, { relaxed }: { readonly relaxed: boolean }): CompiledBatch | undefined {
  const plan = planTournament(ensemble)
  if (plan === undefined) return undefined
  const layout = layOut(ensemble, plan)
  if (layout.bytes > kernelBudget(ensemble, tournamentLimits)) return undefined
  const { inputs, outputs, roundSums } = ensemble
  const kernel = encodeKernel({ plan, layout, inputs, outputs, roundSums, relaxed })
  return {
    intake: intakeOf(ensemble),
    outputs,
    base: Float64Array.from(ensemble.base),
    module: new wasmHost.Module(kernel),
    image: buildImage({ ensemble, plan, layout }),
    rows: layout.rows,
    out: layout.out,
  }
}
