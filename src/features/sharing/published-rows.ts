import { contentOf, encodeRow, rowName } from '../../feature-store/vector-row.ts'
import type { Edits } from '../../feature-store/online-store.ts'
import type { DeclaredSet } from '../declared-set.ts'
import type { SeriesFold } from '../series-fold.ts'
import { type Binding, originOf, readRows } from '../vector-reading.ts'
import { rowsKept } from './mirrored-vectors.ts'

/** Under which grant and as part of which publication rows are written. */
export type RowVersion = { readonly fence: number; readonly sequence: number }

/** The rows of one set of one symbol that were published: tells which are new, which say something else now, and which are too old. */
export class PublishedRows {
  readonly #declared: DeclaredSet
  readonly #recentRows: number
  readonly #contents = new Map<number, number>()
  #rewrites = -1
  constructor(declared: DeclaredSet, recentRows: number) {
    this.#declared = declared
    this.#recentRows = recentRows
  }

  /** What must be written so that the newest rows are known. */
  edits(binding: Binding, version: RowVersion): Edits {
    const base = binding.frames[0] as SeriesFold
    const { rewriteCount } = base.series
    const oldest = Math.max(base.firstRow, base.rows - rowsKept(this.#declared.set.spec.window, this.#recentRows))
    // A row can change later only by a rewritten bar, or by another series that it rests on.
    const isPlain = binding.frames.length === 1 && binding.whole && rewriteCount === this.#rewrites && this.#contents.size > 0
    const from = isPlain ? Math.max(oldest, base.rowAt(Math.max(...this.#contents.keys())) + 1) : oldest
    this.#rewrites = rewriteCount
    const put = new Map<string, Uint8Array>()
    for (let row = from; row < base.rows; row++) this.#put(put, row, { binding, version })
    return { put, drop: oldest < base.rows ? this.#dropBefore(base.closeTime(oldest)) : [] }
  }

  #put(put: Map<string, Uint8Array>, row: number, { binding, version }: { readonly binding: Binding; readonly version: RowVersion }): void {
    const { set, allOk, definitions, key } = this.#declared
    const base = binding.frames[0] as SeriesFold
    const { series } = base
    const closeTime = base.closeTime(row)
    const bar = series.bar(series.positionFrom(closeTime - series.barMs))
    const { values, ...reading } = readRows(binding, { newest: row, window: set.spec.window }, allOk)
    const origin = originOf(binding, row)
    const bytes = encodeRow(
      {
        ...version,
        clock: series.settings.clock,
        known: series.periods.known,
        nextOpen: series.periods.nextOpen(closeTime),
        reading: origin === undefined ? reading : { ...reading, origin },
        closeTime,
        receivedTime: bar?.receivedTime ?? closeTime,
        filled: bar?.filled === true,
        run: base.run(row),
        values: values.subarray(values.length - definitions.length),
      },
      set,
    )
    const content = contentOf(bytes)
    if (this.#contents.get(closeTime) === content) return
    this.#contents.set(closeTime, content)
    put.set(rowName(key, closeTime), bytes)
  }

  #dropBefore(closeTime: number): string[] {
    const old = [...this.#contents.keys()].filter((time) => time < closeTime)
    for (const time of old) this.#contents.delete(time)
    return old.map((time) => rowName(this.#declared.key, time))
  }
}
