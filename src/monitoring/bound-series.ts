import type { Counter, Gauge, Histogram, MeterLabels } from '../contracts/meter.ts'

/** One line of a scrape. */
export type Sample = { readonly metricName?: string; readonly labels: Record<string, string | number>; readonly value: number }

/** Numbers of one label set: written by the hot path, read by a scrape. */
export interface Series {
  samples(name: string): Sample[]
}

/** A number that only grows. */
export class CounterSeries implements Series, Counter {
  readonly #labels: MeterLabels
  #value = 0
  constructor(labels: MeterLabels) {
    this.#labels = labels
  }
  add(amount = 1): void {
    this.#value += amount
  }
  samples(): Sample[] {
    return [{ labels: this.#labels, value: this.#value }]
  }
}

/** A number that is set. */
export class GaugeSeries implements Series, Gauge {
  readonly #labels: MeterLabels
  #value = 0
  constructor(labels: MeterLabels) {
    this.#labels = labels
  }
  set(value: number): void {
    this.#value = value
  }
  samples(): Sample[] {
    return [{ labels: this.#labels, value: this.#value }]
  }
}

/** Counts by upper bound, and their sum. Values that are not finite are dropped. */
export class HistogramSeries implements Series, Histogram {
  readonly #labels: MeterLabels
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0
  constructor(labels: MeterLabels, bounds: readonly number[]) {
    this.#labels = labels
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }
  observe(value: number): void {
    if (!Number.isFinite(value)) return
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sum += value
  }
  samples(name: string): Sample[] {
    let total = 0
    const buckets = this.#bounds.map((bound, i) => {
      total += this.#counts[i] as number
      return { metricName: `${name}_bucket`, labels: { ...this.#labels, le: bound }, value: total }
    })
    total += this.#counts[this.#bounds.length] as number
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...this.#labels, le: '+Inf' }, value: total },
      { metricName: `${name}_sum`, labels: this.#labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.#labels, value: total },
    ]
  }
}
