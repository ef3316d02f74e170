import { collectDefaultMetrics, type Counter as PrometheusCounter, Registry } from 'prom-client'
import type { Counter, Gauge, Histogram, Meter, MeterLabels } from '../contracts/meter.ts'
import { type MetricRow, metrics } from '../contracts/metrics.ts'
import { CounterSeries, GaugeSeries, HistogramSeries, type Sample, type Series } from './bound-series.ts'

type Kind = MetricRow['kind']
type Family = { readonly row: MetricRow; readonly series: Map<string, Series> }
/** What the registry asks of a metric at every scrape. */
type Collected = { readonly name: string; readonly help: string; readonly type: Kind; readonly aggregator: 'sum'; readonly values: Sample[] }

const prefix = 'presage_'
const seriesAtMost = 500
const others = 'other'
const secondBounds = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const amountBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536]

/**
 * Measurements for Prometheus. A handle is a few numbers of its own (an increment costs nanoseconds); the registry reads them at a scrape. At most 500 label sets a metric:
 * further ones are counted together under `other`, so that nothing a client sends can grow a scrape without end.
 */
export class PrometheusMeter implements Meter {
  readonly #registry = new Registry()
  readonly #families = new Map<string, Family>()
  readonly #table: Readonly<Record<string, MetricRow>>
  constructor(table: Readonly<Record<string, MetricRow>> = metrics) {
    this.#table = table
  }

  /** Also measure this process: CPU, memory, event loop lag, garbage collection. */
  measureProcess(): void {
    collectDefaultMetrics({ register: this.#registry })
  }

  counter(name: string, labels: MeterLabels = {}): Counter {
    return this.#series({ name, labels, kind: 'counter' }, (own) => new CounterSeries(own))
  }

  gauge(name: string, labels: MeterLabels = {}): Gauge {
    return this.#series({ name, labels, kind: 'gauge' }, (own) => new GaugeSeries(own))
  }

  histogram(name: string, labels: MeterLabels = {}): Histogram {
    const bounds = name.endsWith('_seconds') ? secondBounds : amountBounds
    return this.#series({ name, labels, kind: 'histogram' }, (own) => new HistogramSeries(own, bounds))
  }

  /** Everything measured so far, in the text format of Prometheus. */
  metricsText(): Promise<string> {
    return this.#registry.metrics()
  }

  /** Media type of `metricsText`. */
  get contentType(): string {
    return this.#registry.contentType
  }

  #series<T extends Series>(of: { readonly name: string; readonly labels: MeterLabels; readonly kind: Kind }, make: (labels: MeterLabels) => T): T {
    const family = this.#family(of)
    const names = family.row.labels
    const labels = family.series.size < seriesAtMost ? of.labels : Object.fromEntries(names.map((name) => [name, others]))
    const wanted = JSON.stringify(names.map((name) => of.labels[name]))
    const key = family.series.has(wanted) ? wanted : JSON.stringify(names.map((name) => labels[name]))
    const known = family.series.get(key)
    if (known) return known as T
    const made = make(labels)
    family.series.set(key, made)
    return made
  }

  #family({ name, labels, kind }: { readonly name: string; readonly labels: MeterLabels; readonly kind: Kind }): Family {
    const row = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined
    if (row === undefined) throw new Error(`metric ${name} is not in the table`)
    const given = Object.keys(labels)
    if (row.kind !== kind || given.length !== row.labels.length || !row.labels.every((label) => Object.hasOwn(labels, label)))
      throw new Error(`metric ${name} is a ${row.kind} by (${row.labels.join(', ')}), not a ${kind} by (${given.join(', ')})`)
    return this.#families.get(name) ?? this.#register(name, { row, series: new Map() })
  }

  #register(name: string, family: Family): Family {
    const full = prefix + name
    const get = async (): Promise<Collected> => ({
      name: full,
      help: family.row.meaning,
      type: family.row.kind,
      aggregator: 'sum',
      values: [...family.series.values()].flatMap((series) => series.samples(full)),
    })
    // The registry's type names its four classes, but all that it asks of a metric is its name and get().
    this.#registry.registerMetric({ name: full, help: family.row.meaning, type: family.row.kind, get } as unknown as PrometheusCounter)
    this.#families.set(name, family)
    return family
  }
}
