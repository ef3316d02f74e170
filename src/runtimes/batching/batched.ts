import { ServingError } from '../../contracts/error.ts'
import { isRowRefusal, type LoadedModel } from '../../contracts/loaded-model.ts'
import { type Counter, type Histogram, type Meter, type MeterLabels, noMeter } from '../../contracts/meter.ts'
import type { Clock, Deadline, Timer } from '../../contracts/ports.ts'
import { systemTimer } from '../../system.ts'
import { givenUp } from '../process/given-up.ts'
import { unloaded } from '../process/unloaded.ts'
import { requireRows } from '../require-rows.ts'
import { Batch } from './batch.ts'
import type { BatchSettings } from './batch-settings.ts'
import { Pace } from './pace.ts'
import { RowQueue } from './row-queue.ts'
import { type RowsCall, WaitingRows } from './waiting-rows.ts'

/** What batching needs from the outside; `labels` tell models apart in its measurements. */
export type BatchingDeps = { readonly clock: Clock; readonly timer?: Timer; readonly meter?: Meter; readonly labels?: MeterLabels }

const codeOf = (error: unknown): string | undefined => (error instanceof ServingError ? error.code : undefined)
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

class BatchedModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly #model: LoadedModel
  readonly #settings: BatchSettings
  readonly #clock: Clock
  readonly #timer: Timer
  #pace: Pace
  readonly #queue: RowQueue
  readonly #batchRows: Histogram
  readonly #dropped: (code: string) => Counter
  #busy = 0
  #sentAt = 0
  #closeWindow: (() => void) | undefined

  constructor(model: LoadedModel, settings: BatchSettings, { clock, timer = systemTimer, meter = noMeter, labels = {} }: BatchingDeps) {
    this.inputs = model.inputs
    this.outputs = model.outputs
    this.#model = model
    this.#settings = settings
    this.#clock = clock
    this.#timer = timer
    this.#pace = new Pace(settings)
    const waiting = meter.gauge('batch_queue_rows', labels)
    this.#queue = new RowQueue({ changed: (rows) => waiting.set(rows), left: ({ count }, { code }) => this.#dropped(code).add(count) })
    this.#batchRows = meter.histogram('batch_rows', labels)
    this.#dropped = (code) => meter.counter('batch_dropped_rows_total', { ...labels, code })
  }

  get memoryBytes(): number {
    return this.#model.memoryBytes
  }
  get engine(): string {
    return this.#model.engine
  }
  get protection(): string | undefined {
    return this.#model.protection
  }
  get trouble(): string | undefined {
    return this.#model.trouble
  }

  get wholeColumns(): readonly number[] | undefined {
    return this.#model.wholeColumns
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    requireRows(rows, count, this)
    if (count === 0) return new Float64Array(0)
    this.#pace.arrivals.arrived(count, this.#clock.monotonic())
    const call = { rows, count, deadline }
    this.#admit(call)
    if (this.#busy === 0 && this.#queue.requests === 0 && count <= this.#settings.maxRows) return this.#straight(call)
    return count <= this.#settings.maxRows ? this.#wait(call) : this.#inPieces(call)
  }

  async bringAtHand(): Promise<void> {
    await this.#model.bringAtHand?.()
    // What the calls before it took, which proved the model while its processes gave way to all others, says nothing of those that come.
    this.#pace = new Pace(this.#settings)
  }

  async dispose(): Promise<void> {
    this.#closeWindow?.()
    for (const one of this.#queue.clear()) one.settle(unloaded())
    await this.#model.dispose()
  }

  /** A lone call: nothing is gained by any wait. */
  async #straight(call: RowsCall): Promise<Float64Array> {
    try {
      return await this.#run(call)
    } catch (error) {
      if (!this.#canGoElsewhere(error, call.deadline)) throw error
      const one = new WaitingRows(call, { clock: this.#clock, timer: this.#timer })
      this.#sendBack([one], error)
      return one.answer
    }
  }

  /** Refuses what is already over, and what finds no room. */
  #admit({ count, deadline }: RowsCall): void {
    if (deadline.signal.aborted) throw givenUp(deadline.signal)
    if (deadline.at <= this.#clock.monotonic())
      throw this.#drop(count, new ServingError('deadline_exceeded', 'The deadline passed before the model was called'))
    const { queueRows, queueRequests } = this.#settings
    const { rows, requests } = this.#queue
    if (requests < queueRequests && (requests === 0 || rows + count <= queueRows)) return
    // Until a first answer has come, the age of the call that it is waited for tells more.
    const retryAfterMs = Math.ceil(Math.max(1, this.#pace.drainMs(rows), this.#clock.monotonic() - this.#sentAt))
    throw this.#drop(count, new ServingError('overloaded', `${rows} rows of ${requests} calls already wait for this model`, { retryAfterMs }))
  }

  #drop(rows: number, error: ServingError): ServingError {
    this.#dropped(error.code).add(rows)
    return error
  }

  #wait(call: RowsCall): Promise<Float64Array> {
    const one = new WaitingRows(call, { clock: this.#clock, timer: this.#timer })
    this.#queue.push(one)
    this.#pump()
    return one.answer
  }

  /** More rows than one call takes: several calls, of which the first that fails fails all. */
  async #inPieces({ rows, count, deadline }: RowsCall): Promise<Float64Array> {
    const { maxRows } = this.#settings
    const failed = new AbortController()
    const by = { at: deadline.at, signal: AbortSignal.any([deadline.signal, failed.signal]) }
    const pieces: Promise<Float64Array>[] = []
    for (let row = 0; row < count; row += maxRows) {
      const end = Math.min(count, row + maxRows)
      pieces.push(this.#wait({ rows: rows.subarray(row * this.inputs, end * this.inputs), count: end - row, deadline: by }))
    }
    try {
      const whole = new Float64Array(count * this.outputs)
      for (const [at, values] of (await Promise.all(pieces)).entries()) whole.set(values, at * maxRows * this.outputs)
      return whole
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }

  /** Sends what waits to free workers, unless it pays to wait for more. */
  #pump(): void {
    for (let first = this.#queue.first; first && this.#busy < this.#settings.workers; first = this.#queue.first) {
      const waitMs = this.#waitMs(first)
      if (waitMs > 0) {
        this.#closeWindow ??= this.#openWindow(waitMs)
        return
      }
      this.#sendNext()
    }
  }

  #waitMs(first: WaitingRows): number {
    const isLastFree = this.#busy === this.#settings.workers - 1
    return isLastFree && !first.isAlone ? this.#pace.waitMs(this.#queue.rows, first, this.#clock.monotonic()) : 0
  }

  #openWindow(ms: number): () => void {
    const close = (): void => {
      this.#closeWindow = undefined
      if (this.#queue.first && this.#busy < this.#settings.workers) this.#sendNext()
      this.#pump()
    }
    return this.#timer.after(ms, close)
  }

  #sendNext(): void {
    this.#closeWindow?.()
    this.#closeWindow = undefined
    this.#queue.expire(this.#clock.monotonic())
    if (this.#queue.first) void this.#send(new Batch(this.#queue.take(this.#settings.maxRows)))
  }

  async #send(batch: Batch): Promise<void> {
    try {
      batch.answer(await this.#run(batch), this.outputs)
    } catch (error) {
      this.#failed(batch, error)
    }
  }

  async #run({ rows, count, deadline }: RowsCall): Promise<Float64Array> {
    this.#busy += 1
    this.#batchRows.observe(count)
    const since = this.#clock.monotonic()
    this.#sentAt = since
    try {
      const values = await this.#model.predict(rows, count, deadline)
      this.#pace.service.observe(count, this.#clock.monotonic() - since)
      return values
    } finally {
      this.#busy -= 1
      this.#pace.arrivals.answered(count, this.#clock.monotonic())
      this.#pump()
    }
  }

  /** Whoever may have failed because of others, or could be answered by another worker, goes again alone; the rest is told. */
  #failed({ members }: Batch, error: unknown): void {
    const wasRefused = members.length > 1 && isRowRefusal(error)
    const goesAgain = (one: WaitingRows): boolean => !one.isAlone && (wasRefused || this.#canGoElsewhere(error, one.deadline))
    // Where no other process could take it, what became of the first call says more.
    const told = (one: WaitingRows): Error => (codeOf(error) === 'model_unavailable' ? one.failure : undefined) ?? asError(error)
    for (const one of members) if (!goesAgain(one)) one.settle(told(one))
    this.#sendBack(
      members.filter(({ isOver }) => !isOver),
      error,
    )
  }

  #canGoElsewhere(error: unknown, { at, signal }: Deadline): boolean {
    return codeOf(error) === 'worker_crashed' && this.#settings.hasOthers && at > this.#clock.monotonic() && !signal.aborted
  }

  #sendBack(some: readonly WaitingRows[], error: unknown): void {
    for (const one of some) one.failure = asError(error)
    this.#queue.putBack(some)
    this.#pump()
  }
}

/**
 * The model, called with the rows of several callers at once where that answers them sooner. Rows must not change before their answer. A lone call goes through at once; while all workers
 * are busy rows gather, and go together as soon as one is free. Throws `overloaded` with `retryAfterMs` when too much waits already, `deadline_exceeded`, and what the model throws; a call that was
 * refused because of a row of another caller, or lost with one of several processes, is made once more without company.
 */
export function batched(model: LoadedModel, settings: BatchSettings, deps: BatchingDeps): LoadedModel {
  return new BatchedModel(model, settings, deps)
}
