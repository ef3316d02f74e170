import type { Bar, IngestReport } from '../contracts/bar.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import { type BarFault, faultKinds } from './check-bar.ts'
import type { Change, Series } from './series.ts'

const results = ['appended', 'inserted', 'revised', 'unchanged', 'quarantined'] as const

/** Counts what became of bars that came in, and the gaps between them. */
export class IngestMeter {
  readonly #counters: Readonly<Record<(typeof results)[number], Counter>>
  readonly #refused: Readonly<Record<BarFault['kind'], Counter>>
  readonly #gaps: Counter
  readonly #missing: Counter
  constructor(meter: Meter) {
    const counter = (result: string) => meter.counter('market_bars_total', { result })
    this.#counters = Object.fromEntries(results.map((result) => [result, counter(result)])) as Record<(typeof results)[number], Counter>
    const refused = (kind: string) => meter.counter('market_bars_quarantined_total', { kind })
    this.#refused = Object.fromEntries(faultKinds.map((kind) => [kind, refused(kind)])) as Record<BarFault['kind'], Counter>
    this.#gaps = meter.counter('market_gaps_total')
    this.#missing = meter.counter('market_bars_missing_total')
  }

  /** Counts a refused bar; gives the reason. */
  refused({ kind, reason }: BarFault): string {
    this.#refused[kind].add()
    return reason
  }

  /** Counts the gap between a bar at the end of a series and the one before, if there is one. */
  follows({ periods }: Series, before: Bar | undefined, { openTime }: Bar): void {
    const lacking = before === undefined ? 0 : periods.count(before.closeTime, openTime)
    if (lacking <= 0) return
    this.#gaps.add()
    this.#missing.add(lacking)
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
