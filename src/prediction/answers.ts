import type { Call } from '../contracts/call.ts'
import type { Decision, DecisionLog } from '../contracts/decision.ts'
import type { Fallback } from '../contracts/fallback.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { Explanation, Prediction, PredictRequest } from '../contracts/predict.ts'
import type { KnownVersion } from '../contracts/served-model.ts'
import type { Inputs } from './inputs.ts'
import { InstantText } from './instant-text.ts'
import type { AnswerTally, ModelPlan } from './model-plan.ts'
import { type Answer, type ExtraParts, featureValues, guardsOf, respond } from './respond.ts'

/** One item whose inputs are ready: what was asked, by whom, of which model, and how long (ms) finding the model and reading the features took. */
export type Case = {
  readonly request: PredictRequest
  readonly call: Call
  readonly plan: ModelPlan
  readonly label: string | undefined
  readonly inputs: Inputs
  readonly resolveMs: number
  readonly featuresMs: number
  /** Where it stands for a model that did not answer. */
  readonly fallback?: Fallback
  /** Where the request asks for it, once it is there, and how long (ms) it took. */
  readonly explained?: { readonly explanation: Explanation; readonly ms: number }
}

/** A signal that a manifest declares for when the model does not answer; `moment` is what it is as of. */
export type DeclaredSignal = Pick<Case, 'request' | 'call' | 'resolveMs'> & {
  readonly asked: KnownVersion
  readonly moment: Pick<Decision, 'asOf' | 'clock'>
  readonly prediction: Prediction
  readonly fallback: Fallback
  readonly tally: AnswerTally
}

/** What answering needs. */
export type AnswersDeps = { readonly decisions: Pick<DecisionLog, 'append'>; readonly clock: Clock; readonly ids: Ids }

const micros = (ms: number): number => Math.round(ms * 10_000) / 10
const missingReason = 'optional_inputs_missing'
const nothing: readonly never[] = Object.freeze([])
const reasonOf = ({ failed }: Fallback): string | undefined => failed[0]?.code

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
    const { plan, inputs, fallback, explained } = item
    const { missing, declared } = inputs
    const partial = missing.length > 0 || declared.length > 0
    const prediction = plan.judge(output, partial)
    const outcome = { output, prediction, inferenceMs, degraded: partial || fallback !== undefined }
    return this.#give(this.#decide(item, outcome), plan.tally, { features: () => featureValues(plan.inputs, inputs), explanation: explained?.explanation })
  }

  /** Records and words the signal that a manifest declares. */
  declared({ request, call, asked, moment, prediction, fallback, resolveMs, tally }: DeclaredSignal): Answer {
    const decision: Decision = {
      ...this.#begin(request, call),
      model: asked.ref,
      label: asked.label,
      asOf: moment.asOf,
      clock: moment.clock,
      barCloseTime: undefined,
      origin: undefined,
      featureSetDigest: asked.manifest.inputs.feature_set_digest ?? '',
      featureIds: nothing,
      vector: new Float64Array(0),
      statuses: nothing,
      supplied: nothing,
      output: new Float64Array(0),
      prediction,
      degraded: true,
      reason: reasonOf(fallback),
      servedBy: 'fallback',
      fallback,
      guards: nothing,
      timings: { resolve: micros(resolveMs) },
    }
    return this.#give(decision, tally, { features: () => [], explanation: undefined })
  }

  #give(decision: Decision, { answered }: AnswerTally, extra: ExtraParts): Answer {
    this.#deps.decisions.append(decision)
    const counters = answered[decision.prediction.signal]
    ;(decision.degraded ? counters.degraded : counters.full).add()
    return respond(decision, this.#asOf.of(decision.asOf), extra)
  }

  #begin(request: PredictRequest, { requestId, keyId }: Call) {
    return { id: this.#deps.ids(), requestId, keyId, at: this.#deps.clock.now(), request, variant: undefined, experiment: undefined }
  }

  #decide(
    { request, call, plan, label, inputs, resolveMs, featuresMs, explained, fallback }: Case,
    { output, prediction, inferenceMs, degraded }: Pick<Decision, 'output' | 'prediction' | 'degraded'> & { readonly inferenceMs: number },
  ): Decision {
    const { reading, supplied } = inputs
    return {
      ...this.#begin(request, call),
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
      reason: fallback ? reasonOf(fallback) : degraded ? missingReason : undefined,
      servedBy: fallback ? 'fallback' : 'primary',
      ...(fallback && { fallback }),
      guards: guardsOf(plan.inputs, inputs),
      timings: {
        resolve: micros(resolveMs),
        features: micros(featuresMs),
        inference: micros(inferenceMs),
        ...(explained && { explanation: micros(explained.ms) }),
      },
    }
  }
}
