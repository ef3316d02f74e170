import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Call } from '../contracts/call.ts'
import { errorTable, ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureVector } from '../contracts/features.ts'
import type { Histogram, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest } from '../contracts/predict.ts'
import { maxBatchItems } from '../contracts/predict.ts'
import type { Lease, ModelAccess } from '../contracts/served-model.ts'
import type { Answers, Case } from './answers.ts'
import { asOfMoment } from './as-of.ts'
import { checkDeadline, checkTime } from './deadline.ts'
import { refuseExplanations } from './explain.ts'
import { infer } from './infer.ts'
import { prepareInputs } from './inputs.ts'
import type { ModelPlan, ModelPlans } from './model-plan.ts'
import { noModelForSymbol, type Plan, routedModel, type Routing } from './select.ts'

type Deps = {
  readonly models: ModelAccess
  readonly features: Pick<FeatureReads, 'vector'>
  readonly routing: Routing
  readonly plans: ModelPlans
  readonly answers: Answers
  readonly meter: Meter
  readonly clock: Clock
}
type Item = PredictBatchResponse['predictions'][number]
type Batch = { readonly request: PredictBatchRequest; readonly call: Call; readonly started: number; plan: ModelPlan | undefined }
/** An item that is ready for the model, or the error that it already is. */
type Slot = { readonly item: Case } | { readonly failed: Item }

/** Rows that are inferred and answered in one turn of the event loop: about a millisecond of it at most. */
const rowsPerTurn = 64

/** Answers batches: one lease, one moment, per-item errors, order kept. */
export class BatchPredictions {
  readonly #deps: Deps
  readonly #seconds: Histogram
  readonly #items: Histogram
  constructor(deps: Deps) {
    this.#deps = deps
    this.#seconds = deps.meter.histogram('prediction_batch_seconds', 'Seconds from the checked batch to its answer')
    this.#items = deps.meter.histogram('prediction_batch_items', 'Items in a batch')
  }

  /** At once when the model is loaded, computes on the event loop and the batch is small; else a promise. Throws what fails the batch as a whole. */
  predict(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse> {
    const batch: Batch = { request, call, started: this.#deps.clock.monotonic(), plan: undefined }
    try {
      const answer = this.#start(batch)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#fail(batch, error)) : answer
    } catch (error) {
      return this.#fail(batch, error)
    }
  }

  #fail({ plan }: Batch, error: unknown): never {
    if (error instanceof ServingError) this.#deps.plans.failed(plan, error.code).add()
    throw error
  }

  #start(batch: Batch): PredictBatchResponse | Promise<PredictBatchResponse> {
    const { request, call, started } = batch
    checkTime(call.deadline, started)
    refuseExplanations(request.include)
    if (request.requests.length > maxBatchItems)
      throw new ServingError('batch_too_large', `The batch has ${request.requests.length} items; at most ${maxBatchItems} are allowed: send several batches`)
    const { model, selector } = this.#choose(request)
    const lease = this.#deps.models.acquire(model, selector, call.deadline)
    return lease instanceof Promise ? lease.then((ready) => this.#serve(batch, ready)) : this.#serve(batch, lease)
  }

  /** The model that the batch names, else that of the first item that has one: it answers the whole batch. */
  #choose({ requests, model, model_version }: PredictBatchRequest): Plan {
    const { models, routing } = this.#deps
    const selector = model_version ?? 'latest'
    if (model !== undefined) {
      models.admits(model, requests[0]?.symbol ?? '') // throws model_not_found; which symbols it admits is each item's affair
      return { model, selector }
    }
    for (const { symbol } of requests) {
      const chosen = routedModel(symbol, routing)
      if (chosen !== undefined) return { model: chosen, selector }
    }
    throw noModelForSymbol(requests[0]?.symbol ?? '', undefined, models)
  }

  #serve(batch: Batch, lease: Lease): PredictBatchResponse | Promise<PredictBatchResponse> {
    let kept = false
    try {
      batch.plan = this.#deps.plans.of(lease.model)
      const slots = this.#prepare(batch, batch.plan, lease)
      const inline = lease.model.runtime.predictSync !== undefined
      if (inline && slots.length <= rowsPerTurn)
        return this.#finish(
          batch,
          batch.plan,
          slots.map((slot) => this.#inline(slot)),
        )
      kept = true
      return this.#serveLater(batch, { plan: batch.plan, slots, inline }, lease)
    } finally {
      if (!kept) lease.release()
    }
  }

  async #serveLater(
    batch: Batch,
    { plan, slots, inline }: { readonly plan: ModelPlan; readonly slots: readonly Slot[]; readonly inline: boolean },
    lease: Lease,
  ): Promise<PredictBatchResponse> {
    try {
      const items = inline ? await this.#inTurns(batch, plan, slots) : await this.#together(batch, plan, slots)
      return this.#finish(batch, plan, items)
    } finally {
      lease.release()
    }
  }

  /** As `#together`, for models that compute on the event loop: it turns between calls. */
  async #inTurns(batch: Batch, plan: ModelPlan, slots: readonly Slot[]): Promise<Item[]> {
    const items: Item[] = []
    for (let from = 0; from < slots.length; from += rowsPerTurn) {
      if (from > 0) {
        await nextTurn()
        checkDeadline(batch.call.deadline, this.#deps.clock.monotonic())
      }
      items.push(...(await this.#together(batch, plan, slots.slice(from, from + rowsPerTurn))))
    }
    return items
  }

  /** All rows in one call of the model, or in as few as its limit allows. */
  async #together({ call }: Batch, plan: ModelPlan, slots: readonly Slot[]): Promise<Item[]> {
    const { clock } = this.#deps
    const { inputs, outputs } = plan.model.runtime
    const ready = slots.flatMap((slot) => ('item' in slot ? [slot.item] : []))
    const answered = new Map<Case, Item>()
    for (let from = 0; from < ready.length; from += plan.maxRows) {
      const some = ready.slice(from, from + plan.maxRows)
      const rows = new Float64Array(some.length * inputs)
      some.forEach((item, row) => rows.set(item.inputs.reading.values, row * inputs))
      const { output, inferenceMs } = await infer(plan, { values: rows, count: some.length }, { deadline: call.deadline, clock })
      some.forEach((item, row) => answered.set(item, this.#answer(item, output.slice(row * outputs, (row + 1) * outputs), inferenceMs)))
    }
    return slots.map((slot) => ('item' in slot ? (answered.get(slot.item) as Item) : slot.failed))
  }

  #inline(slot: Slot): Item {
    if ('failed' in slot) return slot.failed
    const { item } = slot
    const { runtime } = item.plan.model
    const output = new Float64Array(runtime.outputs)
    const before = this.#deps.clock.monotonic()
    runtime.predictSync?.(item.inputs.reading.values, output)
    return this.#answer(item, output, this.#deps.clock.monotonic() - before)
  }

  #answer(item: Case, output: Float64Array, inferenceMs: number): Item {
    return this.#orError(item.request.symbol, item.plan, () => this.#deps.answers.answer(item, output, inferenceMs))
  }

  #orError<T>(symbol: string, plan: ModelPlan, attempt: () => T): T | Extract<Item, { error: unknown }> {
    try {
      return attempt()
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      this.#deps.plans.failed(plan, error.code).add()
      return { symbol, error: { code: error.code, message: error.message, retryable: errorTable[error.code].retryable } }
    }
  }

  /** Reads all items in one go, so that no bar comes between them. */
  #prepare(batch: Batch, plan: ModelPlan, { label, model }: Lease): Slot[] {
    const { clock, models } = this.#deps
    const { request, call, started } = batch
    const { requests, ...shared } = request
    const now = clock.now()
    const read = this.#reader(plan)
    const resolved = clock.monotonic()
    checkTime(call.deadline, resolved)
    let before = resolved
    return requests.map((one) => {
      const slot = this.#orError(one.symbol, plan, () => {
        if (!plan.admits(one.symbol)) throw noModelForSymbol(one.symbol, model.ref.name, models)
        const whole: PredictRequest = { ...one, ...shared }
        const inputs = prepareInputs(plan.inputs, read(one.symbol, asOfMoment(one.timestamp, now)), whole)
        const after = clock.monotonic()
        return { item: { request: whole, call, plan, label, inputs, resolveMs: resolved - started, featuresMs: after - before } }
      })
      before = clock.monotonic()
      return 'item' in slot ? slot : { failed: slot }
    })
  }

  /** Reads vectors so that all items on the live clock without a timestamp are as of the same ms; a replayed series has its own last close. */
  #reader({ model }: ModelPlan): (symbol: string, asOf: number | undefined) => FeatureVector {
    const { features } = this.#deps
    let live: number | undefined
    return (symbol, asOf) => {
      const reading = features.vector(model.features, symbol, asOf)
      if (asOf !== undefined || reading.clock !== 'live') return reading
      live ??= reading.asOf
      return reading.asOf === live ? reading : features.vector(model.features, symbol, live)
    }
  }

  #finish({ request, started }: Batch, plan: ModelPlan, predictions: Item[]): PredictBatchResponse {
    this.#seconds.observe((this.#deps.clock.monotonic() - started) / 1000)
    this.#items.observe(request.requests.length)
    return { predictions, model_info: plan.info, timestamp: this.#deps.answers.timestamp() }
  }
}
