import { ServingError } from '../contracts/error.ts'
import type { FeatureSet, FeatureSetSpec } from '../contracts/features.ts'
import type { Catalogue } from './catalog/family.ts'
import { type DeclaredSet, declareSet } from './declared-set.ts'

const setsAtMost = 10_000

/** The sets of this process, each once however often it is declared. */
export class DeclaredSets {
  readonly #byIdentity = new Map<string, DeclaredSet>()
  readonly #bySet = new Map<FeatureSet, DeclaredSet>()

  /** The set of a description, and whether it is new. Throws what `declareSet` throws, and `validation_failed` for too many. */
  declare(spec: FeatureSetSpec, catalogue?: Catalogue): { readonly declared: DeclaredSet; readonly isNew: boolean } {
    const identity = JSON.stringify([
      spec.timeframe,
      spec.features,
      spec.window,
      spec.maxAgeMs,
      spec.symbols.toSorted(),
      spec.name,
      spec.labels,
      spec.ranges,
      spec.gaps,
    ])
    const known = this.#byIdentity.get(identity)
    if (known) return { declared: known, isNew: false }
    if (this.#byIdentity.size >= setsAtMost) throw new ServingError('validation_failed', `More than ${setsAtMost} feature sets are declared`)
    const declared = declareSet(spec, catalogue)
    this.#byIdentity.set(identity, declared)
    this.#bySet.set(declared.set, declared)
    return { declared, isNew: true }
  }

  /** What reading a set needs. Throws for one that was not declared here. */
  of(set: FeatureSet): DeclaredSet {
    const declared = this.#bySet.get(set)
    if (!declared) throw new Error('a feature set that this service did not declare')
    return declared
  }

  forget(set: FeatureSet): void {
    this.#bySet.delete(set)
    for (const [identity, declared] of this.#byIdentity) if (declared.set === set) this.#byIdentity.delete(identity)
  }

  /** Every set, oldest first. */
  [Symbol.iterator](): Iterator<DeclaredSet> {
    return this.#bySet.values()
  }
}
