import { setImmediate as turn } from 'node:timers/promises'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { Random } from '../contracts/ports.ts'
import type { Definition } from './definition.ts'
import type { SeriesFold } from './series-fold.ts'
import type { Binding } from './vector-reading.ts'

/** The newest vector of a set for one symbol. */
export type ParityCase = { readonly symbol: string; readonly definitions: readonly Definition[]; readonly binding: Binding }

/** What the sentinel needs: which share of the vectors it computes again (0 to 1), and whom it tells. */
export type ParitySentinelDeps = {
  readonly share: number
  readonly random: Random
  readonly meter: Meter
  readonly log: { error(about: object, message: string): void }
}

type Difference = { readonly feature: string; readonly symbol: string; readonly close_time: number; readonly served: number; readonly recomputed: number }

const waitingAtMost = 16

/**
 * Computes a share of the vectors of closing bars again, from the bars that are stored, and compares bit for bit. The work is done between other work, in slices, one vector at a time; when more than 16 wait,
 * others are left out.
 */
export class ParitySentinel {
  readonly #deps: ParitySentinelDeps
  readonly #counters: Readonly<Record<'equal' | 'different' | 'skipped', Counter>>
  readonly #waiting: (ParityCase & { readonly closeTime: number })[] = []
  readonly #faults = new Map<string, Difference>()
  #running: Promise<void> | undefined
  #closed = false
  constructor(deps: ParitySentinelDeps) {
    const counter = (result: string): Counter => deps.meter.counter('feature_parity_checks_total', { result })
    this.#deps = deps
    this.#counters = { equal: counter('equal'), different: counter('different'), skipped: counter('skipped') }
  }

  /** Which feature of which symbol did not come out the same, the oldest such; undefined when all did, or do again. */
  get fault(): string | undefined {
    const [first] = this.#faults.values()
    return first && `${first.feature} of ${first.symbol} differs from what its stored bars give; restart to compute it anew`
  }

  /** Takes the newest vector of a set, if chance picks it. */
  offer(subject: ParityCase): void {
    const { share, random } = this.#deps
    if (this.#closed || share === 0 || random() >= share || this.#waiting.length >= waitingAtMost) return
    const base = subject.binding.frames[0] as SeriesFold
    this.#waiting.push({ ...subject, closeTime: base.closeTime(base.rows - 1) })
    this.#running ??= this.#work().finally(() => (this.#running = undefined))
  }

  /** Settles when nothing waits. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Ends the work; what waits is left out. */
  close(): void {
    this.#closed = true
    this.#waiting.length = 0
  }

  async #work(): Promise<void> {
    await turn()
    for (let next = this.#waiting.shift(); next && !this.#closed; next = this.#waiting.shift())
      for (const [frame, fold] of next.binding.frames.entries()) await this.#check(next, { frame, fold })
  }

  async #check(subject: ParityCase & { readonly closeTime: number }, { frame, fold }: { readonly frame: number; readonly fold: SeriesFold }): Promise<void> {
    const steps = fold.refold(subject.closeTime)
    let step = steps.next()
    for (; step.done !== true && !this.#closed; step = steps.next()) await turn()
    const again = step.value ?? undefined
    const row = fold.rowAt(subject.closeTime)
    if (again === undefined || row < 0 || again.rows === 0 || again.closeTime(again.rows - 1) !== fold.closeTime(row)) return this.#counters.skipped.add()
    this.#compare(subject, { frame, served: fold.values.subarray(fold.begin(row)), recomputed: again.values })
  }

  #compare(
    { symbol, definitions, binding, closeTime }: ParityCase & { readonly closeTime: number },
    { frame, served, recomputed }: { readonly frame: number; readonly served: Float64Array; readonly recomputed: Float64Array },
  ): void {
    let equal = true
    for (const [column, { id }] of definitions.entries()) {
      if (binding.frameOf[column] !== frame) continue
      const offset = binding.offsets[column] as number
      const difference = { feature: id, symbol, close_time: closeTime, served: served[offset] as number, recomputed: recomputed[offset] as number }
      const name = `${id} ${symbol}`
      if (Object.is(difference.served, difference.recomputed)) this.#faults.delete(name)
      else {
        equal = false
        this.#faults.set(name, difference)
        this.#deps.log.error(difference, 'a feature differs from what its stored bars give')
      }
    }
    this.#counters[equal ? 'equal' : 'different'].add()
  }
}
