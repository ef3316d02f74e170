import type { SeriesClock } from '../contracts/bar.ts'
import type { Decision } from '../contracts/decision.ts'
import type { FeatureSet, FeatureStatus, GapPolicy } from '../contracts/features.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { writeRanges, type WrittenRanges } from '../contracts/written-ranges.ts'
import { type RawDecision, readOwn } from '../events/decision-record.ts'

/** How the values of a set are computed: all that its digest covers, as files write it. */
export type VectorSet = {
  readonly feature_set_digest: string
  readonly timeframe: Timeframe
  readonly features: readonly string[]
  readonly gaps?: GapPolicy
  readonly ranges?: WrittenRanges
}

/** What many vectors share: their set, the version that saw them, and the statuses of their columns (absent where all are `ok`). */
export type VectorHead = {
  readonly set: VectorSet
  readonly model: string
  readonly version: string
  readonly clock: SeriesClock
  readonly statuses?: readonly FeatureStatus[]
}

/** A vector as a prediction saw it: newest row last, with what the caller or the manifest put in place of stored values. */
export type ServedVector = Pick<Decision, 'id' | 'at' | 'asOf' | 'barCloseTime' | 'origin' | 'vector' | 'supplied'> & {
  readonly head: VectorHead
  readonly symbol: string
  /** Features whose value is one that the manifest declares. */
  readonly declared: readonly string[]
}

/** What a set says in a file. */
export const vectorSet = ({ digest, ids, spec: { timeframe, gaps, ranges } }: FeatureSet): VectorSet => ({
  feature_set_digest: digest,
  timeframe,
  features: ids,
  ...(gaps && { gaps }),
  ...(ranges && { ranges: writeRanges(ids, ranges) }),
})

/** The head of a decision, as JSON. */
export function headText({ fields: { model, clock, statuses } }: RawDecision['shared'], set: FeatureSet): string {
  const isWhole = statuses.every((status) => status === 'ok')
  const head: VectorHead = { set: vectorSet(set), model: model.name, version: model.version, clock, ...(isWhole ? {} : { statuses }) }
  return JSON.stringify(head)
}

const entryNumbers = 3

/** Decisions on their way into one record of a log: length of a JSON array of heads (u32), the array, then for each decision which head it has, length of its text and of all its bytes (u32 each), and these. */
export class VectorBatch {
  readonly #heads = new Map<string, number>()
  readonly #pieces: Buffer[] = []
  #bytes = 0

  get rows(): number {
    return this.#pieces.length
  }
  get bytes(): number {
    return this.#bytes
  }

  /** Copies a decision; `head` is its head as JSON. */
  add({ bytes, textSize }: RawDecision, head: string): void {
    const nth = this.#heads.get(head) ?? this.#heads.size
    this.#heads.set(head, nth)
    const piece = Buffer.allocUnsafe(4 * entryNumbers + bytes.length)
    for (const [i, number] of [nth, textSize, bytes.length].entries()) piece.writeUInt32LE(number, 4 * i)
    piece.set(bytes, 4 * entryNumbers)
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }

  /** The record. */
  record(): Uint8Array {
    const heads = Buffer.from(`[${[...this.#heads.keys()].join(',')}]`)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(heads.length)
    return Buffer.concat([length, heads, ...this.#pieces])
  }
}

/** The vectors of a record. */
export function* vectorsOf(record: Buffer): Generator<ServedVector> {
  let at = 4 + record.readUInt32LE(0)
  const heads = JSON.parse(record.toString('utf8', 4, at)) as readonly VectorHead[]
  while (at < record.length) {
    const [nth, textSize, size] = [0, 4, 8].map((offset) => record.readUInt32LE(at + offset)) as [number, number, number]
    at += 4 * entryNumbers
    const { own } = readOwn({ bytes: record.subarray(at, at + size), textSize })
    at += size
    const { id, at: moment, asOf, barCloseTime, origin, vector, supplied, request, fallback } = own
    yield {
      head: heads[nth] as VectorHead,
      id,
      at: moment,
      asOf,
      barCloseTime,
      origin,
      vector,
      supplied,
      symbol: request.symbol,
      declared: fallback?.values ?? [],
    }
  }
}
