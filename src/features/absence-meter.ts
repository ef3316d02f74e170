import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { Definition } from './definition.ts'

/** Counts values that were asked for and not there, by feature and status, and values that were computed and are not believed. Whole vectors cost nothing: the reads of vectors are counted elsewhere. */
export class AbsenceMeter {
  readonly #meter: Meter
  readonly #counters = new Map<string, Map<FeatureStatus, Counter>>()
  readonly #refused = new Map<string, Counter>()
  constructor(meter: Meter) {
    this.#meter = meter
  }

  observe(definitions: readonly Definition[], { complete, statuses }: FeatureVector): void {
    if (complete) return
    for (const [column, { id }] of definitions.entries()) {
      const status = statuses[column]
      if (status !== undefined && status !== 'ok') this.#of(id, status).add()
    }
  }

  refused(feature: string): void {
    const counter = this.#refused.get(feature) ?? this.#meter.counter('feature_values_quarantined_total', { feature })
    this.#refused.set(feature, counter)
    counter.add()
  }

  #of(feature: string, status: FeatureStatus): Counter {
    const ofFeature = this.#counters.get(feature) ?? new Map<FeatureStatus, Counter>()
    this.#counters.set(feature, ofFeature)
    const counter = ofFeature.get(status) ?? this.#meter.counter('feature_values_absent_total', { feature, status })
    ofFeature.set(status, counter)
    return counter
  }
}
