import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Lease, ServedModel } from '../contracts/served-model.ts'
import type { GoldenResult } from './golden.ts'

class ResidentLease implements Lease {
  readonly model: ServedModel
  readonly label: string | undefined
  #release: (() => void) | undefined
  constructor(model: ServedModel, label: string | undefined, release: () => void) {
    this.model = model
    this.label = label
    this.#release = release
  }
  release(): void {
    const release = this.#release
    this.#release = undefined
    release?.()
  }
  [Symbol.dispose](): void {
    this.release()
  }
}

/** One stay of a version in memory: who holds it, and that it is given back once and only when nobody does. A version that comes again is another stay. */
export class Resident {
  readonly served: ServedModel
  readonly golden: GoldenResult | undefined
  readonly #gone = Promise.withResolvers<void>()
  #leases = 0
  #isLeaving = false
  readonly #onIdle: () => void
  /** `onIdle` is told whenever the last lease is back. */
  constructor(served: ServedModel, golden: GoldenResult | undefined, onIdle: () => void) {
    this.served = served
    this.golden = golden
    this.#onIdle = onIdle
  }

  get runtime(): LoadedModel {
    return this.served.runtime
  }
  get inUse(): boolean {
    return this.#leases > 0
  }

  /** A hold on it; only for one that has not been told to leave. */
  lease(label: string | undefined): Lease {
    this.#leases += 1
    return new ResidentLease(this.served, label, this.#release)
  }
  readonly #release = (): void => {
    this.#leases -= 1
    if (this.#leases > 0) return
    if (this.#isLeaving) this.#dispose()
    this.#onIdle()
  }

  /** Gives its memory back when the last lease is back; settles then, however often it is asked. Rejects with what disposing throws. */
  leave(): Promise<void> {
    if (!this.#isLeaving) {
      this.#isLeaving = true
      if (this.#leases === 0) this.#dispose()
    }
    return this.#gone.promise
  }
  #dispose(): void {
    this.runtime.dispose().then(this.#gone.resolve, this.#gone.reject)
  }
}
