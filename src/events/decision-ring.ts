import type { Decision, DecisionLog } from '../contracts/decision.ts'

/** How much a ring remembers: neither limit is ever exceeded. */
export type RingLimits = { readonly decisions: number; readonly bytes: number }

type Entry = { readonly id: string; readonly decision: Decision; readonly bytes: number }

/** The newest decisions, in memory, found by id in constant time; the oldest are forgotten when a limit is reached. Nothing survives a restart. */
export class DecisionRing implements DecisionLog {
  readonly #limits: RingLimits
  readonly #entries: (Entry | undefined)[]
  readonly #places = new Map<string, number>()
  #oldest = 0
  #next = 0
  #count = 0
  #bytes = 0
  constructor(limits: RingLimits) {
    this.#limits = limits
    this.#entries = Array.from({ length: limits.decisions })
  }

  append(decision: Decision): void {
    const bytes = sizeOf(decision)
    if (bytes > this.#limits.bytes || this.#limits.decisions === 0) return
    while (this.#count === this.#limits.decisions || this.#bytes + bytes > this.#limits.bytes) this.#forget()
    this.#entries[this.#next] = { id: decision.id, decision, bytes }
    this.#places.set(decision.id, this.#next)
    this.#next = this.#after(this.#next)
    this.#bytes += bytes
    this.#count += 1
  }

  get(id: string): Decision | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#entries[place]?.decision
  }

  /** How many decisions are remembered and about how many bytes they hold. */
  usage(): RingLimits {
    return { decisions: this.#count, bytes: this.#bytes }
  }

  #after(place: number): number {
    return place + 1 === this.#entries.length ? 0 : place + 1
  }

  #forget(): void {
    const entry = this.#entries[this.#oldest]
    if (entry) {
      if (this.#places.get(entry.id) === this.#oldest) this.#places.delete(entry.id)
      this.#bytes -= entry.bytes
      this.#count -= 1
    }
    this.#entries[this.#oldest] = undefined
    this.#oldest = this.#after(this.#oldest)
  }
}

const fixedBytes = 1_500
const featureBytes = 120

/** About how many bytes of memory a decision keeps alive: what grows with the request counts, the rest is a constant. */
function sizeOf({ vector, output, supplied, guards }: Decision): number {
  return fixedBytes + vector.byteLength + output.byteLength + supplied.length * featureBytes + guards.length * 100
}
