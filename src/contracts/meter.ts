import type { MetricName } from './metrics.ts'

/** Label values of one measurement; keep the set of values small and bounded. */
export type MeterLabels = Readonly<Record<string, string>>

/** A measurement with its labels resolved once, so that recording on the hot path is one call. */
export interface Counter {
  add(amount?: number): void
}
/** A distribution in seconds (or the unit of its name), labels resolved once. */
export interface Histogram {
  observe(value: number): void
}
/** A value that goes up and down, labels resolved once. */
export interface Gauge {
  set(value: number): void
}

/** Where services report measurements, by the names and with the labels of the table in metrics.ts. */
export interface Meter {
  counter(name: MetricName<'counter'>, labels?: MeterLabels): Counter
  histogram(name: MetricName<'histogram'>, labels?: MeterLabels): Histogram
  gauge(name: MetricName<'gauge'>, labels?: MeterLabels): Gauge
}

const silent = { add() {}, observe() {}, set() {} }

/** A meter that drops everything: for the CLI and for tests that do not look at measurements. */
export const noMeter: Meter = { counter: () => silent, histogram: () => silent, gauge: () => silent }
