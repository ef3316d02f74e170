import type { FeatureSet } from '../contracts/features.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { Timer } from '../contracts/ports.ts'
import { countInputs, type RawDecision } from '../events/decision-record.ts'
import type { DecisionRing } from '../events/decision-ring.ts'
import type { DayLog } from '../market/day-log.ts'
import { headText, VectorBatch } from './vector-records.ts'

/** Where decisions are read, which sets there are, and where vectors go. */
export type ServedVectorLogDeps = {
  readonly decisions: Pick<DecisionRing, 'readSince'>
  readonly sets: () => readonly FeatureSet[]
  readonly log: Pick<DayLog, 'append' | 'close'>
  readonly meter: Meter
  readonly timer: Timer
}

const everyMs = 1_000
/** What is copied in one turn of the event loop: well below a millisecond. */
const bytesPerTurn = 262_144
const decisionsPerTurn = 2_000
const largestBytes = 8 * 1_048_576

/**
 * Keeps what predictions saw of the features, for history: once a second the bytes of new decisions are copied from where they are remembered into a log, some in each turn of the event loop, so
 * that a prediction does nothing for it. Left out are decisions of which the caller brought every value. What the ring forgot before it was copied, and vectors of megabytes, count as lost.
 */
export class ServedVectorLog {
  readonly #deps: ServedVectorLogDeps
  readonly #lost: Readonly<Record<'forgotten' | 'large', Counter>>
  readonly #heads = new WeakMap<RawDecision['shared'], string>()
  #mark = 0
  #cancel: () => void = () => {}
  constructor(deps: ServedVectorLogDeps) {
    this.#deps = deps
    const lost = (why: string): Counter => deps.meter.counter('history_rows_lost_total', { kind: 'vectors', why })
    this.#lost = { forgotten: lost('forgotten'), large: lost('large') }
  }

  /** Copies once a second from now on. */
  start(): void {
    this.#cancel = this.#deps.timer.after(everyMs, () => this.#next())
  }

  /** Copies what is left and closes the log. */
  async close(): Promise<void> {
    this.#cancel()
    while (this.#copy());
    await this.#deps.log.close()
  }

  #next(): void {
    const isMore = this.#copy()
    this.#cancel = this.#deps.timer.after(isMore ? 0 : everyMs, () => this.#next())
  }

  /** Copies some decisions; true if there are more. */
  #copy(): boolean {
    const { decisions, log } = this.#deps
    const batch = new VectorBatch()
    let seen = 0
    let isMore = false
    const { mark, forgotten } = decisions.readSince(this.#mark, (raw) => {
      this.#take(raw, batch)
      isMore = batch.bytes >= bytesPerTurn || ++seen >= decisionsPerTurn
      return !isMore
    })
    this.#mark = mark
    if (forgotten > 0) this.#lost.forgotten.add(forgotten)
    if (batch.rows > 0) log.append(batch.record(), batch.rows)
    return isMore
  }

  #take(raw: RawDecision, batch: VectorBatch): void {
    const { values, supplied } = countInputs(raw)
    if (values === 0 || supplied === raw.shared.fields.featureIds.length) return
    const head = this.#headOf(raw.shared)
    if (raw.bytes.length > largestBytes) this.#lost.large.add()
    else if (head !== undefined) batch.add(raw, head)
  }

  #headOf(shared: RawDecision['shared']): string | undefined {
    const known = this.#heads.get(shared)
    if (known !== undefined) return known
    const set = this.#deps.sets().find(({ digest }) => digest === shared.fields.featureSetDigest)
    const head = set && headText(shared, set)
    if (head !== undefined) this.#heads.set(shared, head)
    return head
  }
}
