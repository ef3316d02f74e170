import type { ForestSource } from '../forest-source.ts'
import { intakeOf, type Intake } from '../intake.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import { buildTournamentImage } from './image.ts'
import { encodeTournamentKernel } from './kernel.ts'
import { layOutTournament } from './layout.ts'
import { planTournament, tournamentLimits } from './plan.ts'

/** A batch kernel with the contents of its memory; `rows` and `out` are byte addresses in it. Plain data: it can be sent anywhere. */
export type CompiledBatch = {
  readonly intake: Intake
  readonly outputs: number
  readonly base: Float64Array<ArrayBuffer>
  readonly code: Uint8Array
  readonly image: Uint8Array<ArrayBuffer>
  readonly rows: number
  readonly out: number
}

/** Compiles an ensemble for many rows at once; undefined where the kernel cannot hold it. */
export function compileBatch(source: ForestSource): CompiledBatch | undefined {
  const plan = planTournament(source)
  if (plan === undefined) return undefined
  const { ensemble, relaxed } = source
  const layout = layOutTournament(ensemble, plan)
  if (layout.bytes > kernelBudget(ensemble, tournamentLimits)) return undefined
  const { inputs, outputs, leafWidth, roundSums } = ensemble
  return {
    intake: intakeOf(ensemble),
    outputs,
    base: Float64Array.from(ensemble.base),
    code: encodeTournamentKernel({ plan, layout, inputs, outputs, leafWidth, roundSums, relaxed }),
    image: buildTournamentImage({ ensemble, plan, layout }),
    rows: layout.rows,
    out: layout.out,
  }
}
