import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import { chooseRows } from './choose-rows.ts'
import type { Duck, RowStream } from './duckdb.ts'
import { durableRename } from './durable-rename.ts'
import type { FileAbout, HistoryAnswers, HistoryRequest } from './history-message.ts'
import { seal } from './seal.ts'
import { literal, quoted, readableColumn, storedColumns } from './table.ts'

type Of<Kind extends HistoryRequest['kind']> = HistoryRequest & { readonly kind: Kind }

/** What DuckDB says of a file, in a line that names it. */
function unreadable(path: string, error: unknown): ServingError {
  const why = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
  return new ServingError('validation_failed', `${path} cannot be read as Parquet: ${why}`, { cause: error })
}

const namesOf = (paths: readonly string[]): string => (paths.length === 1 ? (paths[0] as string) : `one of ${paths.length} files beside ${paths[0]}`)

/** Parquet files through DuckDB: answers the requests of the history process. */
export class HistoryDesk {
  readonly #duck: Duck
  readonly #readings = new Map<string, { readonly next: RowStream; readonly name: string }>()
  constructor(duck: Duck) {
    this.#duck = duck
  }

  /** The answer to a request. Throws `validation_failed` for a file that cannot be read or written. */
  async answer(request: HistoryRequest): Promise<HistoryAnswers[HistoryRequest['kind']]> {
    switch (request.kind) {
      case 'create':
        return this.#duck.create(request.table, request.columns)
      case 'append':
        return this.#duck.append(request.table, request.block)
      case 'save':
        return this.#save(request)
      case 'open':
        return this.#open(request)
      case 'next':
        return this.#next(request.reading)
      case 'seal':
        return seal(this.#duck, request)
    }
  }

  async #save({ table, columns, path, about }: Of<'save'>): Promise<HistoryAnswers['save']> {
    const unfinished = `${path}.${process.pid}.unfinished`
    const options = `FORMAT parquet, COMPRESSION zstd, KV_METADATA {presage: ${literal(about)}}`
    try {
      await mkdir(dirname(path), { recursive: true })
      await this.#duck.run(`COPY (SELECT ${storedColumns(columns)} FROM ${quoted(table)}) TO ${literal(unfinished)} (${options})`)
      await durableRename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {})
      throw new ServingError('validation_failed', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
    await this.#duck.run(`DROP TABLE ${quoted(table)}`)
    return { bytes: (await stat(path)).size }
  }

  async #open({ reading, paths, choice }: Of<'open'>): Promise<HistoryAnswers['open']> {
    const name = namesOf(paths)
    const source = chooseRows(`read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false, union_by_name = true)`, choice)
    try {
      const columns = (await this.#duck.rows(`DESCRIBE SELECT * FROM ${source}`)) as readonly (readonly [name: string, type: string])[]
      const [[rows]] = (await this.#duck.rows(`SELECT CAST(count(*) AS DOUBLE) FROM ${source}`)) as [[number]]
      const abouts = await this.#abouts(paths)
      // Last: another query ends a stream.
      const next = await this.#duck.stream(`SELECT ${columns.map(([column, type]) => readableColumn(column, type)).join(', ')} FROM ${source}`)
      this.#readings.set(reading, { next, name })
      return { columns: columns.map(([column]) => column), rows, abouts }
    } catch (error) {
      throw unreadable(name, error)
    }
  }

  async #abouts(paths: readonly string[]): Promise<FileAbout[]> {
    const files = `[${paths.map(literal).join(', ')}]`
    const rows = await this.#duck.rows(`SELECT file_name, decode(value) FROM parquet_kv_metadata(${files}) WHERE decode(key) = 'presage' ORDER BY file_name`)
    return (rows as readonly (readonly [string, string])[]).map(([path, text]) => ({ path, text }))
  }

  async #next(reading: string): Promise<HistoryAnswers['next']> {
    const { next, name } = this.#readings.get(reading) as { next: RowStream; name: string }
    try {
      const block = await next()
      if (block === undefined) this.#readings.delete(reading)
      return block
    } catch (error) {
      throw unreadable(name, error)
    }
  }
}
