import type { Call } from '../contracts/call.ts'
import type { Decision, DecisionLog } from '../contracts/decision.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { Explanation, PredictRequest } from '../contracts/predict.ts'
import type { Inputs } from './inputs.ts'
import { InstantText } from './instant-text.ts'
import type { ModelPlan } from './model-plan.ts'
import { type Answer, featureValues, guardsOf, respond } from './respond.ts'

/** One item whose inputs are ready: what was asked, by whom, of which model, and how long (ms) finding the model and reading the features took. */
export type Case = {
  readonly request: PredictRequest
  readonly call: Call
  readonly plan: ModelPlan
  readonly label: string | undefined
  readonly inputs: Inputs
  readonly resolveMs: number
  readonly featuresMs: number
  /** Where the request asks for it, once it is there, and how long (ms) it took. */
  readonly explained?: { readonly explanation: Explanation; readonly ms: number }
}

/** What answering needs. */
export type AnswersDeps = { readonly decisions: Pick<DecisionLog, 'append'>; readonly clock: Clock; readonly ids: Ids }

const micros = (ms: number): number => Math.round(ms * 10_000) / 10
const missingReason = 'optional_inputs_missing'

/** Turns output rows into answers, and records each one as a decision before it is given. */
export class Answers {
  readonly #deps: AnswersDeps
  readonly #now = new InstantText()
  readonly #asOf = new InstantText()
  constructor(deps: AnswersDeps) {
    this.#deps = deps
  }

  /** The wall time as the answers write it. */
  timestamp(): string {
    return this.#now.of(this.#deps.clock.now())
  }

  /** Judges, records and words one output row (owned by the decision from now on). Throws `model_output_invalid`. */
  answer(item: Case, output: Float64Array, inferenceMs: number): Answer {
    const { plan, inputs } = item
    const degraded = inputs.missing.length > 0
    const prediction = plan.judge(output, degraded)
    const decision = this.#decide(item, { output, prediction, inferenceMs, degraded })
    this.#deps.decisions.append(decision)
    const counters = plan.answered[prediction.signal]
    ;(degraded ? counters.degraded : counters.full).add()
    return respond(decision, this.#asOf.of(decision.asOf), { features: () => featureValues(plan.inputs, inputs), explanation: item.explained?.explanation })
  }

  #decide(
    { request, call, plan, label, inputs, resolveMs, featuresMs, explained }: Case,
    { output, prediction, inferenceMs, degraded }: Pick<Decision, 'output' | 'prediction' | 'degraded'> & { readonly inferenceMs: number },
  ): Decision {
    const { reading, supplied } = inputs
    return {
      id: this.#deps.ids(),
      requestId: call.requestId,
      keyId: call.keyId,
      at: this.#deps.clock.now(),
      request,
      model: plan.model.ref,
      label,
      asOf: reading.asOf,
      clock: reading.clock,
      barCloseTime: reading.barCloseTime,
      origin: reading.origin,
      featureSetDigest: plan.inputs.set.digest,
      featureIds: plan.inputs.set.ids,
      vector: reading.values,
      statuses: reading.statuses,
      supplied,
      output,
      prediction,
      degraded,
      reason: degraded ? missingReason : undefined,
      servedBy: 'primary',
      guards: guardsOf(plan.inputs, inputs),
      timings: {
        resolve: micros(resolveMs),
        features: micros(featuresMs),
        inference: micros(inferenceMs),
        ...(explained && { explanation: micros(explained.ms) }),
      },
      variant: undefined,
      experiment: undefined,
    }
  }
}
