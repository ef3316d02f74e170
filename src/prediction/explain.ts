import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import type { Explanation, IncludePart, PredictRequest } from '../contracts/predict.ts'
import type { ServedModel } from '../contracts/served-model.ts'
import type { Case } from './answers.ts'

type Explainable = LoadedModel & Required<Pick<LoadedModel, 'explain'>>
const isExplainable = (runtime: LoadedModel): runtime is Explainable => runtime.explain !== undefined

/** Whether answers of a model can be explained. */
export const canExplain = ({ runtime }: Pick<ServedModel, 'runtime'>): boolean => isExplainable(runtime)

/** Whether a request asks for an explanation. */
export const wantsExplanation = ({ include }: Pick<PredictRequest, 'include'>): boolean => include?.includes('explanation') === true

/** The runtime of a model whose answers can be explained. Throws `explanation_unavailable`. */
export function explainable({ ref, runtime }: Pick<ServedModel, 'ref' | 'runtime'>): Explainable {
  if (isExplainable(runtime)) return runtime
  const { name, version } = ref
  throw new ServingError(
    'explanation_unavailable',
    `${name} ${version} cannot be explained: only models of trees can, whose file says how many training rows came through each node and whose leaves are constants; leave explanation out of include`,
    { places: [{ pointer: '/include', rule: 'explanation is not possible for this model', got: 'explanation' }] },
  )
}

/** Throws `validation_failed` if the answers of a batch are to be explained. */
export function refuseExplanations(include: readonly IncludePart[] | undefined): void {
  const at = include?.indexOf('explanation') ?? -1
  if (at < 0) return
  const rule = 'explanation is given for single predictions only: ask POST /predict for each symbol that is to be explained'
  throw new ServingError('validation_failed', rule, { places: [{ pointer: `/include/${at}`, rule, got: 'explanation' }] })
}

/** Which raw score is explained: of two classes the second's, of more the most probable one's, which `output` says before calibration. */
function explainedScore({ manifest, runtime }: ServedModel, output: Float64Array): { readonly score: number; readonly class?: string } {
  const classes = manifest.output.classes
  if (manifest.output.kind === 'regression' || classes === undefined) return { score: 0 }
  const index = classes.length === 2 ? 1 : output.indexOf(Math.max(...output))
  return { score: runtime.outputs === 1 ? 0 : index, class: classes[index] as string }
}

/** Explains the output of one item, off the event loop. Throws `explanation_unavailable` and what the model's `explain` throws. */
export async function explain(
  { plan, inputs }: Case,
  output: Float64Array,
  { deadline, clock }: { readonly deadline: Deadline; readonly clock: Clock },
): Promise<NonNullable<Case['explained']>> {
  const runtime = explainable(plan.model)
  const { width, set } = plan.inputs
  const before = clock.monotonic()
  const all = await runtime.explain(inputs.reading.values, deadline)
  const { score, ...named } = explainedScore(plan.model, output)
  const parts = all.subarray(score * (runtime.inputs + 1), (score + 1) * (runtime.inputs + 1))
  if (!parts.every(Number.isFinite))
    throw new ServingError('model_output_invalid', 'The explanation is not finite: a leaf of the model is not; leave explanation out of include')
  const lagOf = (at: number): { lag: number } | undefined => (set.spec.window === 1 ? undefined : { lag: set.spec.window - 1 - Math.floor(at / width) })
  const contributions = Array.from(parts.subarray(0, -1), (value, at) => ({ id: set.ids[at % width] as string, ...lagOf(at), value }))
  const explanation: Explanation = {
    space: 'raw_score',
    ...named,
    base: parts[runtime.inputs] as number,
    contributions: contributions.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)),
  }
  return { explanation, ms: clock.monotonic() - before }
}
