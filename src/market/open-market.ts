import { FileBarJournal } from './bar-journal.ts'
import type { Recovery } from './record-log.ts'
import { barsToKeep, SeriesStore, type SeriesStoreDeps } from './series-store.ts'

/** What the market needs: without a folder, bars are in memory only. */
export type MarketDeps = Omit<SeriesStoreDeps, 'journal'> & { readonly folder?: string }

/** The store with everything that its journal remembers. `recovery` is absent without a folder; `healthy` turns false when bars can be written no longer; `close` makes them durable. */
export type Market = { readonly store: SeriesStore; readonly recovery?: Recovery; healthy(): boolean; close(): Promise<void> }

/** Opens the journal in the folder, if there is one, and restores every series and revision. */
export function openMarket({ folder, ...deps }: MarketDeps): Market {
  if (folder === undefined) return { store: new SeriesStore(deps), healthy: () => true, close: () => Promise.resolve() }
  const journal = new FileBarJournal({ folder, keepBars: barsToKeep(deps.keepBars), clock: deps.clock, meter: deps.meter })
  const store = new SeriesStore({ ...deps, journal })
  for (const series of journal.restored) store.restore(series)
  return { store, recovery: journal.recovery, healthy: () => journal.healthy, close: () => journal.close() }
}
