import { ServingError } from '../../contracts/error.ts'
import type { FeatureVector } from '../../contracts/features.ts'
import { formatInstant } from '../../contracts/instant.ts'
import type { Clock } from '../../contracts/ports.ts'
import type { VectorMirror } from '../../feature-store/vector-mirror.ts'
import type { VectorRow } from '../../feature-store/vector-row.ts'
import type { WriterLeases } from '../../feature-store/writer-leases.ts'
import { absent } from '../absent-vector.ts'
import type { DeclaredSet } from '../declared-set.ts'
import type { Read, RemoteVectors } from '../remote-vectors.ts'
import { VectorSlab } from '../vector-slab.ts'

/** What the reader needs. `recentRows` is how many moments, the newest, are readable of a set. */
export type MirroredVectorsDeps = {
  readonly mirror: VectorMirror
  readonly leases: Pick<WriterLeases, 'holds'>
  readonly recentRows: number
  readonly clock: Clock
}

const slab = new VectorSlab()

/** Rows of a set that are kept where replicas share them: a window for each moment that is readable. */
export const rowsKept = (window: number, recentRows: number): number => window - 1 + recentRows

/** Newest of the rows that closed at or before a moment; -1 if there is none. */
const rowAt = (rows: readonly VectorRow[], moment: number): number => rows.findLastIndex(({ closeTime, filled }) => closeTime <= moment && !filled)

/** How many rows up to one follow each other without a gap, as many as wanted at most. */
function consecutive(rows: readonly VectorRow[], newest: number, wanted: number): number {
  const { run } = rows[newest] as VectorRow
  let count = 1
  while (count < wanted && rows[newest - count]?.run === run - count) count += 1
  return count
}

/** The window that ends with a row; undefined when rows of it are not known here. */
function windowOf(rows: readonly VectorRow[], at: number, { set, definitions }: DeclaredSet): Float64Array | undefined {
  const { window } = set.spec
  const values = slab.take(window * definitions.length)
  const inRun = Math.min(window, (rows[at] as VectorRow).run)
  const known = consecutive(rows, at, inRun)
  if (known < inRun) return undefined
  values.fill(NaN, 0, (window - known) * definitions.length)
  for (let i = 0; i < known; i++) values.set((rows[at - known + 1 + i] as VectorRow).values, (window - known + i) * definitions.length)
  return values
}

/** Reads vectors of other replicas' symbols from the mirror: what their writer computed, bit for bit, judged by this replica's clock. */
export class MirroredVectors implements RemoteVectors {
  readonly #deps: MirroredVectorsDeps
  constructor(deps: MirroredVectorsDeps) {
    this.#deps = deps
  }

  include({ key, set, allOk }: DeclaredSet): void {
    this.#deps.mirror.include({ key, digest: set.digest, allOk, keep: rowsKept(set.spec.window, this.#deps.recentRows) })
  }

  fetch(symbol: string): Promise<void> | undefined {
    return this.#deps.leases.holds(symbol) ? undefined : this.#deps.mirror.fetch(symbol)
  }

  read(declared: DeclaredSet, symbol: string, asOf: number | undefined): Read | undefined {
    const { mirror, leases, clock } = this.#deps
    const rows = leases.holds(symbol) ? undefined : mirror.rows(symbol, declared.key)
    const last = rows?.at(-1)
    if (rows === undefined || last === undefined) return undefined
    const moment = asOf ?? (last.clock === 'live' ? clock.now() : last.closeTime)
    const at = rowAt(rows, moment)
    const vector = at < 0 ? undefined : this.#vector(declared, rows, { at, moment })
    if (vector === undefined) throw this.#beyond(symbol, moment)
    return { vector, hit: true }
  }

  #vector(declared: DeclaredSet, rows: readonly VectorRow[], { at, moment }: { readonly at: number; readonly moment: number }): FeatureVector | undefined {
    const { closeTime, nextOpen, clock, known, reading } = rows[at] as VectorRow
    const about = { asOf: moment, clock, barCloseTime: closeTime }
    if (moment - nextOpen > declared.maxAgeMs) return absent(declared, known && at < rows.length - 1 ? 'missing' : 'stale', about)
    const values = windowOf(rows, at, declared)
    return values && { ...reading, values, ...about }
  }

  refuse(symbol: string, what: string): void {
    const { mirror, leases } = this.#deps
    const writer = leases.holds(symbol) ? undefined : mirror.writer(symbol)
    if (writer !== undefined) throw new ServingError('not_the_writer', `${symbol} is computed by ${writer}: ask that replica for ${what}`)
  }

  #beyond(symbol: string, moment: number): ServingError {
    const { mirror, recentRows } = this.#deps
    const writer = mirror.writer(symbol) ?? 'its writer'
    return new ServingError(
      'not_the_writer',
      `${symbol} is computed by ${writer}, and this replica knows its last ${recentRows} rows: ask ${writer} for ${formatInstant(moment)}`,
    )
  }
}
