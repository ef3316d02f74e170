import type { Call } from '../contracts/call.ts'
import { type ErrorCode, ServingError } from '../contracts/error.ts'
import { attemptDeadline, type Fallback, type FallbackReason } from '../contracts/fallback.ts'
import type { FeatureReads, FeatureVector } from '../contracts/features.ts'
import { pointerTo } from '../contracts/json-pointer.ts'
import type { FallbackStep } from '../contracts/manifest.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import type { ModelInfo, PredictRequest } from '../contracts/predict.ts'
import type { KnownVersion, Lease, ModelAccess } from '../contracts/served-model.ts'
import type { Answers } from './answers.ts'
import { checkDeadline } from './deadline.ts'
import { canExplain, explain, wantsExplanation } from './explain.ts'
import { infer, inferNow } from './infer.ts'
import { absenceReasons, type InputRules, prepareInputs } from './inputs.ts'
import { infoOf, type ModelPlan, type ModelPlans } from './model-plan.ts'
import type { Answer } from './respond.ts'
import { noModelForSymbol } from './select.ts'
import type { ReadVector } from './snapshot-reads.ts'

/** What fallbacks need. */
export type FallbacksDeps = {
  readonly models: ModelAccess
  readonly features: Pick<FeatureReads, 'now'>
  readonly plans: ModelPlans
  readonly answers: Answers
  readonly meter: Meter
  readonly clock: Clock
}

/** A request that the model which it was for did not answer: the version that was asked, the error, and the reading that was refused if one was. */
export type Unanswered = {
  readonly request: PredictRequest
  readonly call: Call
  readonly started: number
  readonly error: ServingError
  readonly asked: KnownVersion
  readonly refused: { readonly rules: InputRules; readonly reading: FeatureVector } | undefined
  readonly asOf: number | undefined
  readonly read: ReadVector
}

/** An answer, and the version that it names. */
export type Rescued = { readonly answer: Answer; readonly info: ModelInfo }

/** A step that applies, with its place in the manifest's list. */
type Placed = { readonly step: FallbackStep; readonly place: number }
type Cause = Pick<Fallback, 'step' | 'reasons' | 'failed'>
type Try = { readonly cause: Cause; readonly until: Deadline }

const reasonOfCode: Partial<Record<ErrorCode, FallbackReason>> = {
  model_unavailable: 'unavailable',
  model_loading: 'unavailable',
  model_memory_exceeded: 'unavailable',
  circuit_open: 'unavailable',
  worker_crashed: 'unavailable',
  overloaded: 'unavailable',
  deadline_exceeded: 'timeout',
  model_output_invalid: 'invalid_output',
}

/** Why a request may go to a fallback; nothing for faults of the request itself. */
function reasonsOf({ error: { code }, refused }: Unanswered): FallbackReason[] {
  if (code === 'features_stale' || code === 'features_unavailable')
    return refused === undefined ? [] : (absenceReasons(refused.rules, refused.reading) as FallbackReason[])
  const reason = reasonOfCode[code]
  return reason === undefined ? [] : [reason]
}

/** The same moment as that of the reading that was refused, unless nothing was known of the series: then another one may have a clock. */
function momentOf({ asOf, refused, request }: Unanswered): number | undefined {
  if (asOf !== undefined || refused === undefined) return asOf
  return refused.reading.barCloseTime === undefined && request.timestamp === undefined ? undefined : refused.reading.asOf
}

const nameOf = ({ ref }: KnownVersion): string => `${ref.name} v${ref.version}`
const failure = (model: string, { code, message }: ServingError): Fallback['failed'][number] => ({ model, code, detail: message })

/** The request as another model takes it: what it has no use for is left out and named. */
function fitted(request: PredictRequest, { model, inputs }: ModelPlan): { readonly features: PredictRequest['features']; readonly ignored: readonly string[] } {
  const strangers = Object.keys(request.features ?? {}).filter((name) => !inputs.set.columnOf.has(name))
  const ignored = strangers.map((name) => pointerTo('/features', name))
  if (wantsExplanation(request) && !canExplain(model)) ignored.push(`/include/${request.include?.indexOf('explanation')}`)
  const left = Object.entries(request.features ?? {}).filter(([name]) => !strangers.includes(name))
  return { features: left.length === 0 ? undefined : Object.fromEntries(left), ignored }
}

/**
 * What answers where a model cannot, as its manifest declares: the steps in their order until one answers, within the time that is left of the call. Only the list of the model that was asked
 * counts: a fallback's own is not followed, so that a chain ends.
 */
export class Fallbacks {
  readonly #deps: FallbacksDeps
  readonly #counters = new Map<string, Counter>()
  constructor(deps: FallbacksDeps) {
    this.#deps = deps
  }

  /** The answer of the first step that has one; undefined if the manifest declares none for what happened, or no time is left. Rejects with the first error where no step answers. */
  rescue(unanswered: Unanswered): Promise<Rescued> | undefined {
    const { asked, call } = unanswered
    const reasons = reasonsOf(unanswered)
    if (reasons.length === 0 || call.deadline.signal.aborted || this.#deps.clock.monotonic() > call.deadline.at) return undefined
    const fits = ({ step: { on } }: Placed): boolean => on === undefined || reasons.every((reason) => on.includes(reason))
    const steps = (asked.manifest.fallback ?? []).map((step, i) => ({ step, place: i + 1 })).filter(fits)
    return steps.length === 0 ? undefined : this.#follow(unanswered, reasons, steps)
  }

  async #follow(unanswered: Unanswered, reasons: readonly FallbackReason[], steps: readonly Placed[]): Promise<Rescued> {
    const { error, asked, call } = unanswered
    const { clock } = this.#deps
    const failed = [failure(nameOf(asked), error)]
    for (const [i, { step, place }] of steps.entries()) {
      checkDeadline(call.deadline, clock.monotonic())
      const until = i + 1 < steps.length ? attemptDeadline(call.deadline, clock.monotonic()) : call.deadline
      try {
        const rescued = await this.#take(unanswered, step, { until, cause: { step: place, reasons: [...reasons], failed: [...failed] } })
        this.#count(asked, reasons, rescued.answer.fallback?.by)
        return rescued
      } catch (fault) {
        if (!(fault instanceof ServingError)) throw fault
        failed.push(failure('model' in step ? `${step.model} ${step.version ?? 'latest'}` : nameOf(asked), fault))
      }
    }
    this.#count(asked, reasons, undefined)
    const others = failed.slice(1).map(({ model, code, detail }) => `${model} (${code}): ${detail}`)
    const { code, message, places = [], retryAfterMs } = error
    const retry = retryAfterMs === undefined ? {} : { retryAfterMs }
    throw new ServingError(code, `${message.replace(/\.$/, '')}; no fallback answered either: ${others.join('; ')}`, { places, ...retry, cause: error })
  }

  async #take(unanswered: Unanswered, step: FallbackStep, attempt: Try): Promise<Rescued> {
    if ('signal' in step) return this.#signal(unanswered, step, attempt)
    const { models } = this.#deps
    const { name, version } = unanswered.asked.ref
    using lease = await ('model' in step ? models.acquire(step.model, step.version ?? 'latest', attempt.until) : models.acquire(name, version, attempt.until))
    return await ('model' in step ? this.#another(unanswered, lease, attempt) : this.#sameWith(step.values, lease, { unanswered, attempt }))
  }

  #signal({ request, call, asked, asOf, refused, started }: Unanswered, step: Extract<FallbackStep, { signal: unknown }>, { cause }: Try): Rescued {
    const { features, answers, clock, plans } = this.#deps
    const { ref, manifest } = asked
    const { signal, confidence } = step
    const now = refused?.reading ?? features.now(request.symbol, manifest.inputs.timeframe)
    const tally = plans.tally(ref.name)
    const resolveMs = clock.monotonic() - started
    const fallback: Fallback = { ...cause, by: 'signal', model: { name: ref.name, version: ref.version } }
    const moment = { asOf: asOf ?? now.asOf, clock: now.clock }
    const answer = answers.declared({ request, call, asked, moment, prediction: { signal, confidence }, fallback, resolveMs, tally })
    tally.latency.observe(resolveMs / 1000)
    return { answer, info: infoOf(asked) }
  }

  #another(unanswered: Unanswered, { model, label }: Lease, attempt: Try): Promise<Rescued> {
    const { request, asked } = unanswered
    const plan = this.#deps.plans.of(model)
    if (model.ref.digest === asked.ref.digest) throw new ServingError('model_unavailable', `${nameOf(asked)} is the version that did not answer`)
    if (!plan.admits(request.symbol)) throw noModelForSymbol(request.symbol, model.ref.name, this.#deps.models)
    return this.#infer(unanswered, { plan, label, rules: plan.inputs, ...fitted(request, plan), by: 'model' }, attempt)
  }

  #sameWith(
    values: Readonly<Record<string, number>>,
    { model, label }: Lease,
    { unanswered, attempt }: { readonly unanswered: Unanswered; readonly attempt: Try },
  ): Promise<Rescued> {
    const plan = this.#deps.plans.of(model)
    const { set, width } = plan.inputs
    const declared = new Float64Array(width).fill(NaN)
    for (const [name, value] of Object.entries(values)) declared[set.columnOf.get(name) as number] = value
    return this.#infer(unanswered, { plan, label, rules: { ...plan.inputs, declared }, ...fitted(unanswered.request, plan), by: 'values' }, attempt)
  }

  async #infer(
    unanswered: Unanswered,
    { plan, label, rules, features, ignored, by }: ReturnType<typeof fitted> & Pick<Fallback, 'by'> & Way,
    { cause, until }: Try,
  ): Promise<Rescued> {
    const { clock, answers } = this.#deps
    const { request, call, started, read } = unanswered
    const resolved = clock.monotonic()
    const { features: _given, ...rest } = request
    const inputs = prepareInputs(rules, read(rules.set, request.symbol, momentOf(unanswered)), features === undefined ? rest : { ...rest, features })
    const { name, version } = plan.model.ref
    const values = inputs.declared.map((column) => rules.set.ids[column] as string)
    const fallback: Fallback = { ...cause, by, model: { name, version } }
    if (values.length > 0) fallback.values = values
    if (ignored.length > 0) fallback.ignored = [...ignored]
    const item = { request, call, plan, label, inputs, fallback, resolveMs: resolved - started, featuresMs: clock.monotonic() - resolved }
    const row = inputs.reading.values
    const within = { deadline: until, clock }
    const inferred = plan.model.runtime.predictSync ? inferNow(plan, row, clock) : await infer(plan, { values: row, count: 1 }, within)
    const isExplained = wantsExplanation(request) && canExplain(plan.model)
    const whole = isExplained ? { ...item, explained: await explain(item, inferred.output, within) } : item
    const answer = answers.answer(whole, inferred.output, inferred.inferenceMs)
    plan.tally.latency.observe((clock.monotonic() - started) / 1000)
    return { answer, info: plan.info }
  }

  /** Once for every reason, so that each has its own rate. */
  #count({ ref }: KnownVersion, reasons: readonly FallbackReason[], by: string = 'none'): void {
    for (const reason of reasons) {
      const key = `${ref.name} ${reason} ${by}`
      const counter = this.#counters.get(key) ?? this.#deps.meter.counter('prediction_fallbacks_total', { model: ref.name, reason, answered_by: by })
      this.#counters.set(key, counter)
      counter.add()
    }
  }
}

/** What computes an answer: a model's plan, and the rules of its inputs for this once. */
type Way = { readonly plan: ModelPlan; readonly label: string | undefined; readonly rules: InputRules }
