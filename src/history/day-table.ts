import { join } from 'node:path'
import { dayOf } from '../market/day-log.ts'
import type { Duck } from './duckdb.ts'
import { sealedRows, writeRows } from './sealed-file.ts'
import { type Block, type ColumnSpec, isText, literal, quoted } from './table.ts'

/** Cells of a row in the order of its columns; NaN and null are absent. */
export type Row = readonly (number | string | null)[]

/** Rows that go to files of a day each: where these lie, what they are, what tells rows apart (SQL), by which column of several equal ones the first stays, and the order of rows in a file. */
export type DayTableSpec = {
  readonly folder: string
  readonly columns: readonly ColumnSpec[]
  readonly key: string
  readonly first: string
  readonly order: string
  readonly about: object
}

const rowsPerBlock = 8_192
const dayColumn = 'of_day'

/** Rows on their way into files of a day each. Every step may be repeated: a row that a file has is not added again. */
export class DayTable {
  readonly #duck: Duck
  readonly #name: string
  readonly #spec: DayTableSpec
  readonly #stored: readonly ColumnSpec[]
  #waiting: Row[] = []
  #isThere = false
  constructor(duck: Duck, name: string, spec: DayTableSpec) {
    this.#duck = duck
    this.#name = name
    this.#spec = spec
    this.#stored = [{ name: dayColumn, type: 'text' }, ...spec.columns]
  }

  /** Takes a row of the day of a moment (ms); a promise says when the next may come, if not at once. */
  add(ms: number, row: Row): Promise<void> | undefined {
    this.#waiting.push([dayOf(ms), ...row])
    return this.#waiting.length === rowsPerBlock ? this.#flush() : undefined
  }

  /** Writes every file that gets rows; gives their number. */
  async write(): Promise<number> {
    await this.#flush()
    const { folder, columns, about } = this.#spec
    const days = (await this.#duck.rows(`SELECT DISTINCT ${dayColumn} FROM ${quoted(this.#name)} ORDER BY 1`)) as readonly (readonly [string])[]
    for (const [day] of days) {
      const path = join(folder, `${day}.parquet`)
      await writeRows(this.#duck, path, { rows: await this.#merged(day, path), columns, about: JSON.stringify(about) })
    }
    await this.#duck.run(`DROP TABLE ${quoted(this.#name)}`)
    return days.length
  }

  /** The rows of a day, with those that its file has already, each once. */
  async #merged(day: string, path: string): Promise<string> {
    const { columns, key, first, order } = this.#spec
    const names = columns.map(({ name }) => quoted(name)).join(', ')
    const known = await sealedRows(this.#duck, path, columns)
    const all = `SELECT ${names} FROM ${quoted(this.#name)} WHERE ${dayColumn} = ${literal(day)}${known.rows === 0 ? '' : ` UNION ALL ${known.select}`}`
    return `(SELECT * FROM (${all}) QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${first}) = 1) ORDER BY ${order}`
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting
    this.#waiting = []
    if (!this.#isThere) await this.#duck.create(this.#name, this.#stored)
    this.#isThere = true
    const columns = this.#stored.map((column, i): Block['columns'][number] =>
      isText(column) ? rows.map((row) => row[i] as string | null) : Float64Array.from(rows, (row) => (row[i] ?? NaN) as number),
    )
    if (rows.length > 0) await this.#duck.append(this.#name, { rows: rows.length, columns })
  }
}
