import type { Call } from '../contracts/call.ts'
import type { DecisionLog } from '../contracts/decision.ts'
import { ServingError } from '../contracts/error.ts'
import type { FeatureReads } from '../contracts/features.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest, PredictResponse } from '../contracts/predict.ts'
import type { Lease, ModelAccess } from '../contracts/served-model.ts'
import { Answers, type Case } from './answers.ts'
import { asOfMoment } from './as-of.ts'
import { BatchPredictions } from './batch-predictions.ts'
import { checkTime } from './deadline.ts'
import { explain, explainable, wantsExplanation } from './explain.ts'
import { infer, type Inferred } from './infer.ts'
import { prepareInputs } from './inputs.ts'
import { type ModelPlan, ModelPlans } from './model-plan.ts'
import { makeRouting, noModelForSymbol, type RouteTable, type Routing, select } from './select.ts'

/** What the service needs. */
export type PredictionDeps = {
  readonly models: ModelAccess
  readonly features: Pick<FeatureReads, 'vector'>
  readonly routes: RouteTable
  readonly decisions: Pick<DecisionLog, 'append'>
  readonly meter: Meter
  readonly clock: Clock
  readonly ids: Ids
}

/** One request on its way; `plan` is there once the model is found. */
type Job = { readonly request: PredictRequest; readonly call: Call; readonly asOf: number | undefined; readonly started: number; plan: ModelPlan | undefined }

/** Answers requests for signals. Knows neither HTTP nor how a model computes. */
export class PredictionService {
  readonly #deps: PredictionDeps
  readonly #routing: Routing
  readonly #plans: ModelPlans
  readonly #answers: Answers
  readonly #batches: BatchPredictions
  constructor(deps: PredictionDeps) {
    this.#deps = deps
    this.#routing = makeRouting(deps.routes, deps.models)
    this.#plans = new ModelPlans(deps.meter)
    this.#answers = new Answers(deps)
    this.#batches = new BatchPredictions({ ...deps, routing: this.#routing, plans: this.#plans, answers: this.#answers })
  }

  /** One symbol in, one signal out: at once when the model is loaded and computes on the event loop, else a promise. Throws (or rejects with) `ServingError`. */
  predict(request: PredictRequest, call: Call): PredictResponse | Promise<PredictResponse> {
    let job: Job | undefined
    try {
      const started = this.#deps.clock.monotonic()
      checkTime(call.deadline, started)
      job = { request, call, asOf: asOfMoment(request.timestamp, this.#deps.clock.now()), started, plan: undefined }
      const answer = this.#start(job)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#fail(job, error)) : answer
    } catch (error) {
      return this.#fail(job, error)
    }
  }

  /** Many symbols, one version, one as-of moment; per-item errors never fail the others. At once or a promise, as `predict`. */
  predictBatch(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse> {
    return this.#batches.predict(request, call)
  }

  #fail(job: Job | undefined, error: unknown): never {
    if (error instanceof ServingError) this.#plans.failed(job?.plan, error.code).add()
    throw error
  }

  #start(job: Job): PredictResponse | Promise<PredictResponse> {
    const { model, selector } = select(job.request, this.#routing)
    const lease = this.#deps.models.acquire(model, selector, job.call.deadline)
    return lease instanceof Promise ? lease.then((ready) => this.#serve(job, ready)) : this.#serve(job, lease)
  }

  #serve(job: Job, lease: Lease): PredictResponse | Promise<PredictResponse> {
    let kept = false
    try {
      const item = this.#prepare(job, lease)
      const { runtime } = item.plan.model
      if (runtime.predictSync && !wantsExplanation(job.request)) return this.#finish(job, item, this.#inferNow(item))
      kept = true
      return this.#answerLater(job, item, lease)
    } finally {
      if (!kept) lease.release()
    }
  }

  #inferNow({ plan, inputs }: Case): Inferred {
    const { runtime } = plan.model
    const output = new Float64Array(runtime.outputs)
    const before = this.#deps.clock.monotonic()
    runtime.predictSync?.(inputs.reading.values, output)
    return { output, inferenceMs: this.#deps.clock.monotonic() - before }
  }

  async #answerLater(job: Job, item: Case, lease: Lease): Promise<PredictResponse> {
    const { plan, inputs, request } = item
    const by = { deadline: job.call.deadline, clock: this.#deps.clock }
    try {
      const inferred = plan.model.runtime.predictSync ? this.#inferNow(item) : await infer(plan, { values: inputs.reading.values, count: 1 }, by)
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
    const resolved = clock.monotonic()
    checkTime(call.deadline, resolved)
    if (!plan.admits(request.symbol)) throw noModelForSymbol(request.symbol, model.ref.name, models)
    if (wantsExplanation(request)) explainable(model)
    const inputs = prepareInputs(plan.inputs, features.vector(model.features, request.symbol, job.asOf), request)
    return { request, call, plan, label, inputs, resolveMs: resolved - job.started, featuresMs: clock.monotonic() - resolved }
  }

  #finish(job: Job, item: Case, { output, inferenceMs }: Inferred): PredictResponse {
    const answer = this.#answers.answer(item, output, inferenceMs)
    item.plan.latency.observe((this.#deps.clock.monotonic() - job.started) / 1000)
    return { ...answer, model_info: item.plan.info, timestamp: this.#answers.timestamp() }
  }
}
