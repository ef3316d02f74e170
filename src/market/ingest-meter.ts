import type { IngestReport } from '../contracts/bar.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { Change } from './series.ts'

const results = ['appended', 'inserted', 'revised', 'unchanged', 'quarantined'] as const

/** Counts what became of bars that came in. */
export class IngestMeter {
  readonly #counters: Readonly<Record<(typeof results)[number], Counter>>
  constructor(meter: Meter) {
    const counter = (result: string) => meter.counter('market_bars_total', 'Bars that came in, by what became of them', { result })
    this.#counters = Object.fromEntries(results.map((result) => [result, counter(result)])) as Record<(typeof results)[number], Counter>
  }

  /** The report of one ingest, counted. */
  report(changes: readonly { readonly change: Change }[], quarantined: IngestReport['quarantined']): IngestReport {
    const count = (wanted: Change): number => changes.reduce((sum, { change }) => sum + Number(change === wanted), 0)
    const counts = {
      appended: count('appended'),
      inserted: count('inserted'),
      revised: count('revised'),
      unchanged: count('unchanged'),
      quarantined: quarantined.length,
    }
    for (const result of results) if (counts[result] > 0) this.#counters[result].add(counts[result])
    return { accepted: counts.appended + counts.inserted, revised: counts.revised, unchanged: counts.unchanged, quarantined }
  }
}
