import type { Decision, DecisionLog } from '../contracts/decision.ts'
import { ownText, type RawDecision, readRecord, recordNumbers, writeRecord } from './decision-record.ts'
import { hashText, IdIndex } from './id-index.ts'
import { RecentParts, type SharedParts } from './shared-parts.ts'

/** How much a ring remembers: neither limit is ever exceeded. */
export type RingLimits = { readonly decisions: number; readonly bytes: number }

const wordBytes = 8

/**
 * The newest decisions, in memory, found by id in constant time; the oldest are forgotten when a limit is reached. Nothing survives a restart. A decision is kept as bytes in one block that is
 * reserved at the start and filled in turn, so that the garbage collector has nothing to copy, however many are remembered.
 */
export class DecisionRing implements DecisionLog {
  readonly #limits: RingLimits
  readonly #numbers: Float64Array
  readonly #bytes: Buffer
  /** By place: first word of the record, how many words, how many bytes of text it begins with, and the rest. */
  readonly #starts: Float64Array
  readonly #sizes: Uint32Array
  readonly #textSizes: Uint32Array
  readonly #parts: (SharedParts | undefined)[]
  readonly #index: IdIndex
  readonly #recent = new RecentParts()
  #appended = 0
  #oldest = 0
  #count = 0
  #usedWords = 0
  #end = 0
  constructor(limits: RingLimits) {
    const { decisions, bytes } = limits
    this.#limits = limits
    this.#numbers = new Float64Array(Math.floor(bytes / wordBytes))
    this.#bytes = Buffer.from(this.#numbers.buffer)
    this.#starts = new Float64Array(decisions)
    this.#sizes = new Uint32Array(decisions)
    this.#textSizes = new Uint32Array(decisions)
    this.#parts = Array.from({ length: decisions })
    this.#index = new IdIndex(decisions)
  }

  append(decision: Decision): void {
    const text = ownText(decision)
    const textSize = Buffer.byteLength(text)
    const textWords = Math.ceil(textSize / wordBytes)
    const parts = this.#recent.of(decision)
    const size = textWords + recordNumbers(decision, parts)
    if (size > this.#numbers.length || this.#limits.decisions === 0) return
    const start = this.#makeRoom(size)
    const place = (this.#oldest + this.#count) % this.#limits.decisions
    this.#bytes.write(text, start * wordBytes)
    writeRecord(decision, this.#numbers, start + textWords)
    this.#starts[place] = start
    this.#sizes[place] = size
    this.#textSizes[place] = textSize
    this.#parts[place] = parts
    this.#index.add(place, hashText(decision.id))
    this.#end = start + size
    this.#usedWords += size
    this.#count += 1
    this.#appended += 1
  }

  get(id: string): Decision | undefined {
    return this.#index
      .places(hashText(id))
      .map((place) => this.#read(place))
      .findLast((decision) => decision.id === id)
  }

  /** Hands over the decisions behind a mark (0 is the beginning) as they lie here, oldest first, until `take` wants no more; they are valid during its call. Gives the next mark, and how many behind the mark are forgotten. */
  readSince(mark: number, take: (decision: RawDecision) => boolean): { readonly mark: number; readonly forgotten: number } {
    const from = Math.max(mark, this.#appended - this.#count)
    for (let at = from; at < this.#appended; at++) if (!take(this.#raw(at % this.#limits.decisions))) return { mark: at + 1, forgotten: from - mark }
    return { mark: this.#appended, forgotten: from - mark }
  }

  /** How many decisions are remembered and how many bytes they hold. */
  usage(): RingLimits {
    return { decisions: this.#count, bytes: this.#usedWords * wordBytes }
  }

  /** First of so many free words in a row; forgets the oldest decisions until there are as many. */
  #makeRoom(size: number): number {
    const full = this.#count === this.#limits.decisions
    if (full) this.#forget()
    for (;;) {
      if (this.#count === 0) return 0
      const first = this.#starts[this.#oldest] as number
      const behindOldest = this.#end <= first
      // Words at the end of the block that were never used stay so while there is room elsewhere: they take no memory yet.
      if (!behindOldest && first >= size && (full || this.#numbers.length - this.#end < size)) return 0
      if ((behindOldest ? first : this.#numbers.length) - this.#end >= size) return this.#end
      this.#forget()
    }
  }

  #forget(): void {
    this.#index.removeOldest(this.#oldest)
    this.#parts[this.#oldest] = undefined
    this.#usedWords -= this.#sizes[this.#oldest] as number
    this.#count -= 1
    this.#oldest = (this.#oldest + 1) % this.#limits.decisions
  }

  #read(place: number): Decision {
    return readRecord(this.#raw(place))
  }

  #raw(place: number): RawDecision {
    const start = (this.#starts[place] as number) * wordBytes
    const size = (this.#sizes[place] as number) * wordBytes
    return { shared: this.#parts[place] as SharedParts, bytes: this.#bytes.subarray(start, start + size), textSize: this.#textSizes[place] as number }
  }
}
