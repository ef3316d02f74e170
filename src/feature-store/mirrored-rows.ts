import type { MirrorMeter } from './mirror-meter.ts'
import type { Update } from './online-store.ts'
import { decodeRow, readRowName, type RowShape, type VectorRow } from './vector-row.ts'

/** A set whose rows are mirrored: its name among the rows of a symbol, and how many rows are kept, the newest. */
export type MirroredSet = RowShape & { readonly key: string; readonly keep: number }

type Version = Pick<Update, 'fence' | 'sequence'>
const newer = (a: Version, b: Version): boolean => a.fence > b.fence || (a.fence === b.fence && a.sequence > b.sequence)

/** The rows of one symbol by set, oldest first, and the newest version among them. A damaged row is counted and not kept. */
export class MirroredRows {
  readonly #wanted: ReadonlyMap<string, MirroredSet>
  readonly #meter: Pick<MirrorMeter, 'corrupt' | 'came'>
  readonly #sets = new Map<string, VectorRow[]>()
  #version: Version = { fence: 0, sequence: 0 }
  constructor(wanted: ReadonlyMap<string, MirroredSet>, meter: Pick<MirrorMeter, 'corrupt' | 'came'>) {
    this.#wanted = wanted
    this.#meter = meter
  }

  of(setKey: string): readonly VectorRow[] | undefined {
    return this.#sets.get(setKey)
  }

  /** Takes rows as they were read, in place of all; false if the newest of a set is damaged. Rows before a damaged one are left out: a window must not reach over it. */
  replace(rows: ReadonlyMap<string, Uint8Array>): boolean {
    this.#sets.clear()
    this.#version = { fence: 0, sequence: 0 }
    const damagedAt = new Map<string, number>()
    for (const [name, bytes] of rows) {
      const { setKey, closeTime } = readRowName(name)
      if (!this.#take(setKey, bytes)) damagedAt.set(setKey, Math.max(closeTime, damagedAt.get(setKey) ?? -Infinity))
    }
    for (const [setKey, closeTime] of damagedAt) {
      const intact = this.#sets.get(setKey)?.filter((row) => row.closeTime > closeTime)
      this.#sets.set(setKey, intact ?? [])
    }
    return [...damagedAt.keys()].every((setKey) => this.#sets.get(setKey)?.length !== 0)
  }

  /** Takes news: `late` ones change nothing; false if some came before them that were not heard of, or they cannot be used. */
  append({ fence, sequence, whole, rows }: Update): boolean {
    if (!newer({ fence, sequence }, this.#version)) return true
    if (whole || fence !== this.#version.fence || sequence !== this.#version.sequence + 1) return false
    this.#version = { fence, sequence }
    let intact = true
    for (const [name, bytes] of rows) if (!this.#take(readRowName(name).setKey, bytes, true)) intact = false
    return intact
  }

  /** Keeps a row; false if it is damaged. Rows of sets that nobody reads here are not looked at. */
  #take(setKey: string, bytes: Uint8Array, isNews = false): boolean {
    const set = this.#wanted.get(setKey)
    if (set === undefined) return true
    const row = decodeRow(bytes, set)
    if (row === undefined) {
      this.#meter.corrupt.add()
      return false
    }
    if (newer(row, this.#version)) this.#version = row
    const rows = this.#sets.get(setKey) ?? []
    this.#sets.set(setKey, rows)
    const isNewest = insert(rows, row)
    if (rows.length > set.keep) rows.shift()
    if (isNews && isNewest) this.#meter.came(row)
    return true
  }
}

/** Puts a row in its place, over an older version of it; true if it is the newest. */
function insert(rows: VectorRow[], row: VectorRow): boolean {
  let at = rows.length
  while (at > 0 && (rows[at - 1] as VectorRow).closeTime >= row.closeTime) at -= 1
  const isNewest = at === rows.length
  rows.splice(at, rows[at]?.closeTime === row.closeTime ? 1 : 0, row)
  return isNewest
}
