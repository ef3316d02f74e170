import type { ForestSource } from '../forest-source.ts'
import { intakeOf, type Intake } from '../intake.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import { buildTournamentImage } from './image.ts'
import { encodeTournamentKernel } from './kernel.ts'
import { groupPart, layOutTournament } from './layout.ts'
import { planTournament, tournamentLimits } from './plan.ts'

/** A batch kernel with the contents of its memory; `rows`, `out` and `groups` are byte addresses in it, `matches` are all that one vector of rows plays. Plain data: it can be sent anywhere. */
export type CompiledBatch = {
  readonly intake: Intake
  readonly outputs: number
  readonly base: Float64Array<ArrayBuffer>
  readonly code: Uint8Array
  readonly image: Uint8Array<ArrayBuffer>
  readonly rows: number
  readonly out: number
  readonly groups: { readonly from: number; readonly to: number; readonly bytes: number }
  readonly matches: number
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
    groups: { from: layout.groups, to: layout.groups + plan.schedule.groups.length * groupPart.bytes, bytes: groupPart.bytes },
    matches: ensemble.feature.length,
  }
}
