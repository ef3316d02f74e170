import type { Edits, Grant, Publication } from '../../feature-store/online-store.ts'
import type { Series } from '../../market/series.ts'
import { barsPerBlock } from '../../market/series.ts'
import type { DeclaredSet } from '../declared-set.ts'
import type { Snapshot } from '../series-fold.ts'
import type { Binding } from '../vector-reading.ts'
import { PublishedRows } from './published-rows.ts'
import { PublishedSeries } from './series-state.ts'

/** A symbol as it is now: where the columns of its sets lie, and its series with their snapshots. */
export type SymbolNow = {
  readonly bindings: Iterable<{ readonly declared: DeclaredSet; readonly binding: Binding }>
  readonly series: Iterable<{ readonly series: Series; readonly snapshots: readonly Snapshot[] }>
}

/** One block more than the longest window reaches: the states before its first bar are known. */
const blocksFor = (window: number): number => 1 + Math.ceil(window / barsPerBlock)

/** What was published of one symbol under one grant, and therefore what must be published next. */
export class PublishedSymbol {
  readonly grant: Grant
  readonly #recentRows: number
  readonly #rows = new Map<string, PublishedRows>()
  readonly #series = new Map<Series, PublishedSeries>()
  #sequence: number
  #window = 1
  constructor(grant: Grant, { recentRows, sequence }: { readonly recentRows: number; readonly sequence: number }) {
    this.grant = grant
    this.#recentRows = recentRows
    this.#sequence = sequence
  }

  /** Counts the publications that brought rows. */
  get sequence(): number {
    return this.#sequence
  }

  /** The next publication: the first is whole. Publications that bring no rows are told to nobody and not counted. */
  next({ bindings, series }: SymbolNow, whole: boolean): Publication {
    const sequence = this.#sequence + 1
    const rows = joined([...bindings].map(({ declared, binding }) => this.#rowsOf(declared).edits(binding, { fence: this.grant.fence, sequence })))
    const blocks = blocksFor(this.#window)
    const state = joined([...series].map((one) => this.#seriesOf(one.series).edits(one.snapshots, blocks)))
    if (whole || rows.put.size > 0) this.#sequence = sequence
    return { sequence, whole, rows, state }
  }

  #rowsOf(declared: DeclaredSet): PublishedRows {
    const rows = this.#rows.get(declared.key) ?? new PublishedRows(declared, this.#recentRows)
    this.#rows.set(declared.key, rows)
    this.#window = Math.max(this.#window, declared.set.spec.window)
    return rows
  }

  #seriesOf(series: Series): PublishedSeries {
    const known = this.#series.get(series) ?? new PublishedSeries(series)
    this.#series.set(series, known)
    return known
  }
}

const joined = (edits: readonly Edits[]): Edits => ({
  put: new Map(edits.flatMap(({ put }) => [...put])),
  drop: edits.flatMap(({ drop }) => drop),
})
