import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Call } from '../contracts/call.ts'
import { ServingError } from '../contracts/error.ts'
import { attemptDeadline } from '../contracts/fallback.ts'
import type { FeatureReads } from '../contracts/features.ts'
import type { Histogram, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { ModelInfo, PredictBatchRequest, PredictBatchResponse } from '../contracts/predict.ts'
import { maxBatchItems } from '../contracts/predict.ts'
import type { Lease, ModelAccess } from '../contracts/served-model.ts'
import type { Answers, Case } from './answers.ts'
import { asOfMoment } from './as-of.ts'
import { allOf, areThere, type Asked, askedOf, type Batch, type Coming, type Item, type Slot } from './batch-item.ts'
import { checkDeadline, checkTime } from './deadline.ts'
import { refuseExplanations } from './explain.ts'
import type { Fallbacks } from './fallbacks.ts'
import { fetchVectors } from './fetch-vectors.ts'
import { type Inferred, inferEach, inferNow } from './infer.ts'
import { prepareInputs } from './inputs.ts'
import { infoOf, type ModelPlan, type ModelPlans } from './model-plan.ts'
import { noModelForSymbol, type Routing, selectForBatch } from './select.ts'
import { snapshotReads } from './snapshot-reads.ts'

type Deps = {
  readonly models: ModelAccess
  readonly features: Pick<FeatureReads, 'vector' | 'fetch'>
  readonly routing: Routing
  readonly plans: ModelPlans
  readonly answers: Answers
  readonly fallbacks: Fallbacks
  readonly meter: Meter
  readonly clock: Clock
}
/** Rows that are inferred and answered in one turn of the event loop: about a millisecond of it at most. */
const rowsPerTurn = 64

/** Answers batches: one lease, one moment, per-item errors, order kept. */
export class BatchPredictions {
  readonly #deps: Deps
  readonly #seconds: Histogram
  readonly #items: Histogram
  constructor(deps: Deps) {
    this.#deps = deps
    this.#seconds = deps.meter.histogram('prediction_batch_seconds')
    this.#items = deps.meter.histogram('prediction_batch_items')
  }

  /** At once when the model is loaded, computes on the event loop and the batch is small; else a promise. Throws what fails the batch as a whole. */
  predict(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse> {
    const { clock, features } = this.#deps
    const batch: Batch = { request, call, started: clock.monotonic(), read: snapshotReads(features), chosen: undefined, plan: undefined }
    try {
      const answer = this.#start(batch)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#rescueAll(batch, error)) : answer
    } catch (error) {
      return this.#rescueAll(batch, error)
    }
  }

  /** Every item by the fallbacks of a model that could not be had; without them the error. */
  #rescueAll(batch: Batch, error: unknown): Promise<PredictBatchResponse> {
    const { models, clock } = this.#deps
    const { chosen, plan, request } = batch
    const asked = chosen && plan === undefined ? models.known(chosen.model, chosen.selector) : undefined
    if (!asked || !(error instanceof ServingError)) return this.#fail(batch, error)
    const { requests, ...shared } = request
    const now = clock.now()
    const items = requests.map((one): Coming => {
      const item: Asked = { asked, request: { ...one, ...shared } }
      try {
        if (!models.admits(asked.ref.name, one.symbol)) throw noModelForSymbol(one.symbol, asked.ref.name, models)
        item.asOf = asOfMoment(one.timestamp, now)
      } catch (fault) {
        return this.#failed(batch, one.symbol, fault)
      }
      return this.#rescue(batch, item, error) ?? this.#fail(batch, error)
    })
    return allOf(items).then((all) => this.#finish(batch, infoOf(asked), all))
  }

  #rescue(batch: Batch, { asked, request, asOf, reading }: Asked, error: ServingError): Promise<Item> | undefined {
    const { call, started, read, plan } = batch
    const refused = plan && reading && { rules: plan.inputs, reading }
    const rescued = this.#deps.fallbacks.rescue({ request, call, started, read, asked, asOf, refused, error })
    return rescued?.then(({ answer }) => answer).catch((fault: unknown) => this.#failed(batch, request.symbol, fault))
  }

  #fail({ plan, call }: Batch, error: unknown): never {
    if (error instanceof ServingError) this.#deps.plans.refused(plan, error, call)
    throw error
  }

  #start(batch: Batch): PredictBatchResponse | Promise<PredictBatchResponse> {
    const { request, call, started } = batch
    checkTime(call.deadline, started)
    refuseExplanations(request.include)
    if (request.requests.length > maxBatchItems)
      throw new ServingError('batch_too_large', `The batch has ${request.requests.length} items; at most ${maxBatchItems} are allowed: send several batches`)
    const { model, selector } = (batch.chosen = selectForBatch(request, this.#deps.routing))
    const lease = this.#deps.models.acquire(model, selector, call.deadline)
    return lease instanceof Promise ? lease.then((ready) => this.#fetch(batch, ready)) : this.#fetch(batch, lease)
  }

  #fetch(batch: Batch, lease: Lease): PredictBatchResponse | Promise<PredictBatchResponse> {
    const coming = fetchVectors(lease, batch.request.requests, this.#deps)
    return coming ? coming.then(() => this.#serve(batch, lease)) : this.#serve(batch, lease)
  }

  #serve(batch: Batch, lease: Lease): PredictBatchResponse | Promise<PredictBatchResponse> {
    let kept = false
    try {
      batch.plan = this.#deps.plans.of(lease.model)
      const slots = this.#prepare(batch, batch.plan, lease)
      const inline = lease.model.runtime.predictSync !== undefined
      if (inline && slots.length <= rowsPerTurn) {
        const items = slots.map((slot) => this.#inline(batch, slot))
        const { info } = batch.plan
        return areThere(items) ? this.#finish(batch, info, items) : allOf(items).then((all) => this.#finish(batch, info, all))
      }
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
      return this.#finish(batch, plan.info, await allOf(items))
    } finally {
      lease.release()
    }
  }

  /** As `#together`, for models that compute on the event loop: it turns between calls. */
  async #inTurns(batch: Batch, plan: ModelPlan, slots: readonly Slot[]): Promise<Coming[]> {
    const items: Coming[] = []
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
  async #together(batch: Batch, plan: ModelPlan, slots: readonly Slot[]): Promise<Coming[]> {
    const ready = slots.flatMap((slot) => ('item' in slot ? [slot.item] : []))
    const answered = new Map<Case, Coming>()
    for (let from = 0; from < ready.length; from += plan.maxRows) {
      const some = ready.slice(from, from + plan.maxRows)
      const items = await this.#call(batch, plan, some)
      some.forEach((item, i) => answered.set(item, items[i] as Coming))
    }
    return slots.map((slot) => ('item' in slot ? (answered.get(slot.item) as Coming) : slot.settled))
  }

  /** One call of the model, more where it refuses rows; where it fails, each item goes to the fallbacks by itself. */
  async #call(batch: Batch, plan: ModelPlan, items: readonly Case[]): Promise<Coming[]> {
    const { clock } = this.#deps
    const { inputs } = plan.model.runtime
    const { deadline } = batch.call
    const rows = new Float64Array(items.length * inputs)
    items.forEach((item, row) => rows.set(item.inputs.reading.values, row * inputs))
    try {
      const until = plan.hasFallback ? attemptDeadline(deadline, clock.monotonic()) : deadline
      const outcomes = await inferEach(plan, { values: rows, count: items.length }, { deadline: until, clock })
      return items.map((item, row) => this.#settle(batch, item, outcomes[row] as Inferred | ServingError))
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      const rescued = items.flatMap((item) => this.#rescue(batch, askedOf(item), error) ?? [])
      if (rescued.length < items.length) throw error
      return rescued
    }
  }

  #inline(batch: Batch, slot: Slot): Coming {
    if ('settled' in slot) return slot.settled
    const { plan, inputs } = slot.item
    return this.#answer(batch, slot.item, inferNow(plan, inputs.reading.values, this.#deps.clock))
  }

  #settle(batch: Batch, item: Case, outcome: Inferred | ServingError): Coming {
    return outcome instanceof ServingError ? this.#instead(batch, askedOf(item), outcome) : this.#answer(batch, item, outcome)
  }

  #answer(batch: Batch, item: Case, { output, inferenceMs }: Inferred): Coming {
    try {
      return this.#deps.answers.answer(item, output, inferenceMs)
    } catch (error) {
      return this.#instead(batch, askedOf(item), error)
    }
  }

  /** What becomes of an item that the model cannot answer: a fallback's answer, or its error. */
  #instead(batch: Batch, item: Asked, error: unknown): Coming {
    const rescued = error instanceof ServingError ? this.#rescue(batch, item, error) : undefined
    return rescued ?? this.#failed(batch, item.request.symbol, error)
  }

  #failed({ plan, call }: Batch, symbol: string, error: unknown): Item {
    if (!(error instanceof ServingError)) throw error
    this.#deps.plans.refused(plan, error, call)
    return { symbol, error: { code: error.code, message: error.message, retryable: error.retryable } }
  }

  /** Reads all items in one go, so that no bar comes between them. */
  #prepare(batch: Batch, plan: ModelPlan, { label, model }: Lease): Slot[] {
    const { clock, models } = this.#deps
    const { request, call, started, read } = batch
    const { requests, ...shared } = request
    const asked = { ...model, label }
    const now = clock.now()
    const resolved = clock.monotonic()
    checkTime(call.deadline, resolved)
    let before = resolved
    return requests.map((one): Slot => {
      const item: Asked = { asked, request: { ...one, ...shared } }
      try {
        if (!plan.admits(one.symbol)) throw noModelForSymbol(one.symbol, model.ref.name, models)
        item.asOf = asOfMoment(one.timestamp, now)
        item.reading = read(plan.inputs.set, one.symbol, item.asOf)
        const inputs = prepareInputs(plan.inputs, item.reading, item.request)
        return { item: { request: item.request, call, plan, label, inputs, resolveMs: resolved - started, featuresMs: clock.monotonic() - before } }
      } catch (error) {
        return { settled: this.#instead(batch, item, error) }
      } finally {
        before = clock.monotonic()
      }
    })
  }

  #finish({ request, started }: Batch, info: ModelInfo, predictions: Item[]): PredictBatchResponse {
    this.#seconds.observe((this.#deps.clock.monotonic() - started) / 1000)
    this.#items.observe(request.requests.length)
    return { predictions, model_info: info, timestamp: this.#deps.answers.timestamp() }
  }
}
