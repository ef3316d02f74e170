import { simdSupport } from '../../wasm/simd-support.ts'
import type { Ensemble } from '../ensemble.ts'
import { intakeOf, type Intake } from '../intake.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import { buildExplanationImage } from './image.ts'
import { encodeExplanationKernel } from './kernel.ts'
import { layOutExplanations } from './layout.ts'
import { type ExplanationPlan, planExplanations } from './plan.ts'
import type { PreparedColumns } from './prepared-row.ts'
import { singleValued } from '../single-valued.ts'
import { expectedValue } from './shares.ts'

/** The kernel that explains an ensemble, with the contents of its memory: plain data, so it can be sent anywhere. `columns` and `out` are byte addresses. */
export type CompiledExplanations = {
  readonly intake: Intake
  readonly outputs: number
  readonly code: Uint8Array
  readonly image: Uint8Array<ArrayBuffer>
  /** Bytes of memory that an explainer takes. */
  readonly bytes: number
  readonly prepared: PreparedColumns
  readonly columns: number
  readonly out: number
  /** Per output, what it is when nothing is known of a row. */
  readonly expected: Float64Array
}

/** What bounds a kernel's memory, 4 million decisions at most: the longest paths ask for 110 times the ensemble, but inputs and outputs that few trees use, of which each pair has a sum, for no more. */
const limits = { mebibytes: 256, timesEnsemble: 128 } as const

function expectedValues(ensemble: Ensemble, { groups }: ExplanationPlan): Float64Array {
  const { trees, outputs, base, nodeOffset, leafOffset, leafValue } = ensemble
  const ofTree = Float64Array.from({ length: trees }, (_, t) => (nodeOffset[t + 1] === nodeOffset[t] ? leafValue[leafOffset[t]!]! : 0))
  for (const planned of groups.flatMap((group) => group.trees)) ofTree[planned.tree] = expectedValue(ensemble, planned)
  const expected = Float64Array.from(base)
  ofTree.forEach((value, t) => (expected[t % outputs] = expected[t % outputs]! + value))
  return expected
}

/**
 * Compiles what explains an ensemble: quadrature TreeSHAP, exact like the specification in exact.ts but for rounding. undefined where nothing can be explained: no cover, linear leaves, no vector
 * instructions, more than 400 features on one path, more memory than its size allows. Takes long, so it belongs in a process of its own.
 */
export function compileExplanations(explained: Ensemble): CompiledExplanations | undefined {
  if (explained.cover === undefined || explained.linear !== undefined || simdSupport() === 'none') return undefined
  const ensemble = singleValued(explained)
  const plan = planExplanations(ensemble)
  if (plan === undefined) return undefined
  const layout = layOutExplanations(ensemble, plan)
  if (layout.bytes > kernelBudget(ensemble, limits)) return undefined
  const { outputs } = ensemble
  return {
    intake: intakeOf(ensemble),
    outputs,
    code: encodeExplanationKernel(layout),
    image: buildExplanationImage({ ensemble, plan, layout }),
    bytes: layout.bytes,
    prepared: plan.columns,
    columns: layout.columns,
    out: layout.out,
    expected: expectedValues(ensemble, plan),
  }
}
