import type { Call } from '../contracts/call.ts'
import { ServingError, type ErrorCode } from '../contracts/error.ts'
import { formatInstant, parseInstant } from '../contracts/instant.ts'
import { durationMs } from '../contracts/written-units.ts'
import type { Counter, Histogram, Meter } from '../contracts/meter.ts'
import { signals, type ModelInfo, type SignalName } from '../contracts/predict.ts'
import { callerLeft } from '../contracts/ports.ts'
import type { ServedModel } from '../contracts/served-model.ts'
import { symbolGlob } from '../contracts/symbol.ts'
import { makeInputRules, type InputRules } from './inputs.ts'
import { makeOutputRule, type OutputRule } from './output-rule.ts'

/** All that follows from a served model alone, worked out once, so that a request does none of it. */
export type ModelPlan = {
  readonly model: ServedModel
  readonly info: ModelInfo
  readonly inputs: InputRules
  readonly admits: (symbol: string) => boolean
  readonly judge: OutputRule
  /** Rows that one call of the model may have. */
  readonly maxRows: number
  /** Ms that one call of the model may take. */
  readonly timeoutMs: number
  readonly tally: AnswerTally
  /** True if its manifest says what answers when it cannot. */
  readonly hasFallback: boolean
}

/** What is measured of the answers of one model. */
export type AnswerTally = {
  readonly latency: Histogram
  readonly answered: Readonly<Record<SignalName, { readonly full: Counter; readonly degraded: Counter }>>
}

/** Plans by served model; a plan goes when its model goes. */
export class ModelPlans {
  readonly #meter: Meter
  readonly #plans = new WeakMap<ServedModel, ModelPlan>()
  readonly #failed = new Map<string, Counter>()
  readonly #tallies = new Map<string, AnswerTally>()
  constructor(meter: Meter) {
    this.#meter = meter
  }

  /** The plan of a model; throws `model_unavailable` if its manifest contradicts it: that is the model's fault and not the client's. */
  of(model: ServedModel): ModelPlan {
    const known = this.#plans.get(model)
    if (known) return known
    const plan = makePlan(model, this.tally(model.ref.name))
    this.#plans.set(model, plan)
    return plan
  }

  /** What is measured of the answers in a model's name; the same object for the same name. */
  tally(model: string): AnswerTally {
    const known = this.#tallies.get(model) ?? makeTally(model, this.#meter)
    this.#tallies.set(model, known)
    return known
  }

  /** Counts a refusal by its code, unless the caller has left; without a plan the model was never found, and a name that a client made up is no label. */
  refused(plan: ModelPlan | undefined, { code }: ServingError, { deadline }: Pick<Call, 'deadline'>): void {
    // Only what was waited for can have been left; to look at the signal of what was not would cost a timer.
    if (code === 'deadline_exceeded' && callerLeft(deadline)) return
    this.#refusals(plan, code).add()
  }

  #refusals(plan: ModelPlan | undefined, code: ErrorCode): Counter {
    const model = plan?.model.ref.name ?? 'none'
    const key = `${model} ${code}`
    const known = this.#failed.get(key)
    if (known) return known
    const counter = this.#meter.counter('prediction_errors_total', { model, code })
    this.#failed.set(key, counter)
    return counter
  }
}

function makePlan(model: ServedModel, tally: AnswerTally): ModelPlan {
  const { manifest, ref, runtime, features } = model
  const inputs = { ...makeInputRules(ref.name, features, manifest.inputs.optional ?? []), whole: runtime.wholeColumns ?? [] }
  const values = features.ids.length * features.spec.window
  if (runtime.inputs !== values)
    throw new ServingError(
      'model_unavailable',
      `${ref.name} ${ref.version} cannot be served: it takes ${runtime.inputs} values, its manifest declares ${values}`,
    )
  const globs = manifest.symbols.map(symbolGlob)
  return {
    model,
    info: Object.freeze(infoOf(model)),
    inputs,
    admits: (symbol) => globs.some((matches) => matches(symbol)),
    judge: makeOutputRule(manifest, runtime.outputs),
    maxRows: manifest.limits?.max_batch ?? Infinity,
    timeoutMs: manifest.limits?.timeout === undefined ? Infinity : durationMs(manifest.limits.timeout),
    tally,
    hasFallback: manifest.fallback !== undefined,
  }
}

/** How an answer names a version. */
export function infoOf({ ref, manifest }: Pick<ServedModel, 'ref' | 'manifest'>): ModelInfo {
  const trained = parseInstant(manifest.training_date)
  return {
    name: ref.name,
    version: `v${ref.version}`,
    training_date: trained === undefined ? manifest.training_date : formatInstant(trained),
    accuracy: manifest.metrics.accuracy ?? null,
  }
}

function makeTally(model: string, meter: Meter): AnswerTally {
  const counter = (signal: SignalName, outcome: string): Counter => meter.counter('predictions_total', { model, signal, outcome })
  const of = (signal: SignalName) => ({ full: counter(signal, 'full'), degraded: counter(signal, 'degraded') })
  const [buy, sell, hold] = signals
  return {
    latency: meter.histogram('prediction_seconds', { model }),
    answered: { BUY: of(buy), SELL: of(sell), HOLD: of(hold) },
  }
}
