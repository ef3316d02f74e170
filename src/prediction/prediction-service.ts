import type { Call } from '../contracts/call.ts'
import type { DecisionLog } from '../contracts/decision.ts'
import { ServingError } from '../contracts/error.ts'
import { attemptDeadline } from '../contracts/fallback.ts'
import type { FeatureReads, FeatureVector } from '../contracts/features.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest, PredictResponse } from '../contracts/predict.ts'
import type { Lease, ModelAccess } from '../contracts/served-model.ts'
import { Answers, type Case } from './answers.ts'
import { asOfMoment } from './as-of.ts'
import { BatchPredictions } from './batch-predictions.ts'
import { checkTime } from './deadline.ts'
import { explain, explainable, wantsExplanation } from './explain.ts'
import { Fallbacks, type Rescued } from './fallbacks.ts'
import { fetchVectors } from './fetch-vectors.ts'
import { infer, type Inferred, inferNow } from './infer.ts'
import { prepareInputs } from './inputs.ts'
import { type ModelPlan, ModelPlans } from './model-plan.ts'
import { makeRouting, noModelForSymbol, type Plan, type RouteTable, type Routing, select, routedModel } from './select.ts'

/** What the service needs. */
export type PredictionDeps = {
  readonly models: ModelAccess
  readonly features: Pick<FeatureReads, 'vector' | 'now' | 'fetch'>
  readonly routes: RouteTable
  readonly decisions: Pick<DecisionLog, 'append'>
  readonly meter: Meter
  readonly clock: Clock
  readonly ids: Ids
}

/** One request on its way; `plan` is there once the model is found. */
type Job = {
  readonly request: PredictRequest
  readonly call: Call
  readonly asOf: number | undefined
  readonly started: number
  chosen: Plan | undefined
  plan: ModelPlan | undefined
  label: string | undefined
  /** What was read for it. */
  reading: FeatureVector | undefined
}

/** Answers requests for signals. Knows neither HTTP nor how a model computes. */
export class PredictionService {
  readonly #deps: PredictionDeps
  readonly #routing: Routing
  readonly #plans: ModelPlans
  readonly #answers: Answers
  readonly #fallbacks: Fallbacks
  readonly #batches: BatchPredictions
  constructor(deps: PredictionDeps) {
    this.#deps = deps
    this.#routing = makeRouting(deps.routes, deps.models)
    this.#plans = new ModelPlans(deps.meter)
    this.#answers = new Answers(deps)
    this.#fallbacks = new Fallbacks({ ...deps, plans: this.#plans, answers: this.#answers })
    this.#batches = new BatchPredictions({ ...deps, routing: this.#routing, plans: this.#plans, answers: this.#answers, fallbacks: this.#fallbacks })
  }

  /** The model that the routes give for a symbol; undefined where they lead to none that admits it. */
  modelFor(symbol: string): string | undefined {
    return routedModel(symbol, this.#routing)
  }

  /** One symbol in, one signal out: at once when the model is loaded and computes on the event loop, else a promise. Throws (or rejects with) `ServingError`. */
  predict(request: PredictRequest, call: Call): PredictResponse | Promise<PredictResponse> {
    let job: Job | undefined
    try {
      const started = this.#deps.clock.monotonic()
      checkTime(call.deadline, started)
      job = {
        request,
        call,
        asOf: asOfMoment(request.timestamp, this.#deps.clock.now()),
        started,
        chosen: undefined,
        plan: undefined,
        label: undefined,
        reading: undefined,
      }
      const answer = this.#start(job)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#rescue(job, error, call)) : answer
    } catch (error) {
      return this.#rescue(job, error, call)
    }
  }

  /** Many symbols, one version, one as-of moment; per-item errors never fail the others. At once or a promise, as `predict`. */
  predictBatch(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse> {
    return this.#batches.predict(request, call)
  }

  /** What the manifest declares for a model that does not answer; without that the error. */
  #rescue(job: Job | undefined, error: unknown, call: Call): Promise<PredictResponse> {
    const rescued = job && error instanceof ServingError ? this.#fallBack(job, error) : undefined
    if (!rescued) return this.#fail(job, error, call)
    const whole = rescued.then(({ answer, info }) => ({ ...answer, model_info: info, timestamp: this.#answers.timestamp() }))
    return whole.catch((fault: unknown) => this.#fail(job, fault, call))
  }

  #fallBack(job: Job, error: ServingError): Promise<Rescued> | undefined {
    const { models, features } = this.#deps
    const { chosen, plan, label, reading } = job
    const asked = plan ? { ...plan.model, label } : chosen && models.known(chosen.model, chosen.selector)
    const refused = plan && reading && { rules: plan.inputs, reading }
    return asked && this.#fallbacks.rescue({ ...job, error, asked, refused, read: features.vector.bind(features) })
  }

  #fail(job: Job | undefined, error: unknown, call: Call): never {
    if (error instanceof ServingError) this.#plans.refused(job?.plan, error, call)
    throw error
  }

  #start(job: Job): PredictResponse | Promise<PredictResponse> {
    const { model, selector } = (job.chosen = select(job.request, this.#routing))
    const lease = this.#deps.models.acquire(model, selector, job.call.deadline)
    return lease instanceof Promise ? lease.then((ready) => this.#fetch(job, ready)) : this.#fetch(job, lease)
  }

  #fetch(job: Job, lease: Lease): PredictResponse | Promise<PredictResponse> {
    const coming = fetchVectors(lease, [job.request], { plans: this.#plans, features: this.#deps.features })
    return coming ? coming.then(() => this.#serve(job, lease)) : this.#serve(job, lease)
  }

  #serve(job: Job, lease: Lease): PredictResponse | Promise<PredictResponse> {
    let kept = false
    try {
      const item = this.#prepare(job, lease)
      const { runtime } = item.plan.model
      if (runtime.predictSync && !wantsExplanation(job.request))
        return this.#finish(job, item, inferNow(item.plan, item.inputs.reading.values, this.#deps.clock))
      kept = true
      return this.#answerLater(job, item, lease)
    } finally {
      if (!kept) lease.release()
    }
  }

  async #answerLater(job: Job, item: Case, lease: Lease): Promise<PredictResponse> {
    const { plan, inputs, request } = item
    const { clock } = this.#deps
    const { deadline } = job.call
    const by = { deadline: plan.hasFallback ? attemptDeadline(deadline, clock.monotonic()) : deadline, clock }
    try {
      const inferred = plan.model.runtime.predictSync
        ? inferNow(plan, inputs.reading.values, clock)
        : await infer(plan, { values: inputs.reading.values, count: 1 }, by)
      const whole = wantsExplanation(request) ? { ...item, explained: await explain(item, inferred.output, by) } : item
      return this.#finish(job, whole, inferred)
    } finally {
      lease.release()
    }
  }

  #prepare(job: Job, { model, label }: Lease): Case {
    const { clock, features, models } = this.#deps
    const { request, call } = job
    const plan = this.#plans.of(model)
    job.plan = plan
    job.label = label
    const resolved = clock.monotonic()
    checkTime(call.deadline, resolved)
    if (!plan.admits(request.symbol)) throw noModelForSymbol(request.symbol, model.ref.name, models)
    if (wantsExplanation(request)) explainable(model)
    job.reading = features.vector(model.features, request.symbol, job.asOf)
    const inputs = prepareInputs(plan.inputs, job.reading, request)
    return { request, call, plan, label, inputs, resolveMs: resolved - job.started, featuresMs: clock.monotonic() - resolved }
  }

  #finish(job: Job, item: Case, { output, inferenceMs }: Inferred): PredictResponse {
    const answer = this.#answers.answer(item, output, inferenceMs)
    item.plan.tally.latency.observe((this.#deps.clock.monotonic() - job.started) / 1000)
    return { ...answer, model_info: item.plan.info, timestamp: this.#answers.timestamp() }
  }
}
