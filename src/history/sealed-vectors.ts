import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import { dayOf } from '../market/day-log.ts'
import type { HistoryProcess } from './history-process.ts'
import { readParquet } from './parquet-file.ts'
import type { Block } from './table.ts'
import type { VectorSet } from './vector-records.ts'

/** Vectors of one symbol, served in [from, to), ms. */
export type VectorSpan = { readonly symbol: string; readonly from?: number; readonly to?: number }

/** A sealed vector: its newest row in the order of the set, NaN where there was no value. Times in ms. */
export type SealedVector = {
  readonly id: string
  readonly closeTime: number
  readonly asOf: number
  readonly servedTime: number
  readonly origin: number
  readonly window: number
  readonly digest: string | null
  /** What is to be said of columns that are no stored values, by feature. */
  readonly exceptions: Readonly<Record<string, string>>
  readonly values: Float64Array
}

/** The sealed vectors of one set: how its values are computed, whose they are, and the files, by day. */
export type SealedSet = { readonly set: VectorSet; readonly symbols: readonly string[]; readonly paths: readonly string[] }

/** End of the year 9999, after which days have another form. */
const endOfDays = 253_402_300_800_000

/** The sets of which vectors were sealed that were served in [from, to). Throws `validation_failed` with the name of a file that cannot be read. */
export async function sealedSets(process: HistoryProcess, history: string, { from = 0, to = endOfDays }: Omit<VectorSpan, 'symbol'>): Promise<SealedSet[]> {
  const folder = join(history, 'vectors')
  const [first, last] = [dayOf(from), dayOf(to - 1)]
  const sets: SealedSet[] = []
  for (const name of (await readdir(folder).catch(() => [] as string[])).toSorted()) {
    const files = (await readdir(join(folder, name))).filter(
      (file) => /^\d{4}-\d\d-\d\d\.parquet$/.test(file) && file.slice(0, 10) >= first && file.slice(0, 10) <= last,
    )
    const paths = files.toSorted().map((file) => join(folder, name, file))
    if (paths.length === 0) continue
    const { abouts, blocks } = await readParquet(process, paths, { of: 'symbols' })
    const [about] = abouts
    if (about === undefined) throw new ServingError('validation_failed', `${paths[0]} does not say which set its vectors are of`)
    const symbols = (await Array.fromAsync(blocks)).flatMap(({ columns }) => columns[0] as readonly string[])
    sets.push({ set: JSON.parse(about.text) as VectorSet, symbols, paths })
  }
  return sets
}

type Cells = (name: string) => Block['columns'][number]

function* vectorsOfBlock({ rows }: Block, cells: Cells, ids: readonly string[]): Generator<SealedVector> {
  const number = (name: string, row: number): number => cells(name)[row] as number
  const text = (name: string, row: number): string | null => cells(name)[row] as string | null
  for (let row = 0; row < rows; row++)
    yield {
      id: text('prediction_id', row) as string,
      closeTime: number('close_time', row),
      asOf: number('as_of', row),
      servedTime: number('served_time', row),
      origin: number('origin', row),
      window: number('window', row),
      digest: text('vector_digest', row),
      exceptions: JSON.parse(text('exceptions', row) ?? '{}') as Record<string, string>,
      values: Float64Array.from(ids, (id) => number(id, row)),
    }
}

/** Vectors in the order of serving. Throws as `sealedSets` does. */
export async function* sealedVectors(process: HistoryProcess, { set, paths }: SealedSet, span: VectorSpan): AsyncGenerator<SealedVector> {
  const { columns, blocks } = await readParquet(process, paths, { of: 'vectors', ...span })
  for await (const block of blocks) {
    const all = new Map(columns.map((name, i) => [name, block.columns[i] as Block['columns'][number]]))
    yield* vectorsOfBlock(block, (name) => all.get(name) ?? [], set.features)
  }
}
