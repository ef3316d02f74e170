import { DOUBLE, type DuckDBConnection, DuckDBDataChunk, DuckDBInstance, type DuckDBResult, type DuckDBVector, VARCHAR } from '@duckdb/node-api'
import { type Block, type ColumnSpec, isText, quoted } from './table.ts'

const rowsPerChunk = 2_048
const rowsPerBlock = 32_768

/** Rows of a query that are read a block at a time; undefined at the end. */
export type RowStream = () => Promise<Block | undefined>

function fill(vector: DuckDBVector, column: Block['columns'][number], from: number): void {
  for (let i = 0; i < vector.itemCount; i++) {
    const value = column[from + i] as number | string | null
    vector.setItem(i, Number.isNaN(value) ? null : value)
  }
  vector.flush()
}

/** A column of chunks as one of a block: numbers if DuckDB has doubles, else texts. */
function gather(chunks: readonly DuckDBDataChunk[], column: number, rows: number): Block['columns'][number] {
  const vectors = chunks.map((chunk) => chunk.getColumnVector(column))
  const values = vectors[0]?.type === DOUBLE ? new Float64Array(rows) : Array.from<string | null>({ length: rows })
  let at = 0
  for (const vector of vectors)
    for (let i = 0; i < vector.itemCount; i++) values[at++] = (vector.getItem(i) ?? (values instanceof Float64Array ? NaN : null)) as never
  return values
}

/** DuckDB in memory: nothing is looked up or loaded from outside; what does not fit 512 MB lies in a folder of its own meanwhile. Its errors are those of DuckDB. */
export class Duck {
  readonly #connection: DuckDBConnection
  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(spillFolder: string): Promise<Duck> {
    const settings = {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '512MB',
      temp_directory: spillFolder,
      threads: '2',
    }
    const connection = await (await DuckDBInstance.create(':memory:', settings)).connect()
    await connection.run("SET TimeZone = 'UTC'")
    // It makes 0 of -0: the first row of each window is then one of sort keys.
    await connection.run("SET disabled_optimizers = 'top_n_window_elimination'")
    return new Duck(connection)
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql)
  }

  /** All rows of a small result. */
  async rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJS()
  }

  /** Makes an empty table for blocks: texts where the column is text, doubles elsewhere. */
  async create(table: string, columns: readonly ColumnSpec[]): Promise<void> {
    await this.run(`CREATE TABLE ${quoted(table)} (${columns.map((column) => `${quoted(column.name)} ${isText(column) ? 'VARCHAR' : 'DOUBLE'}`).join(', ')})`)
  }

  /** Appends a block to a table that `create` made, with NaN as NULL. */
  async append(table: string, { rows, columns }: Block): Promise<void> {
    const appender = await this.#connection.createAppender(table)
    const chunk = DuckDBDataChunk.create(columns.map((column) => (column instanceof Float64Array ? DOUBLE : VARCHAR)))
    for (let from = 0; from < rows; from += rowsPerChunk) {
      chunk.reset()
      chunk.rowCount = Math.min(rowsPerChunk, rows - from)
      for (const [i, column] of columns.entries()) fill(chunk.getColumnVector(i), column, from)
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
  }

  /** The rows of a query whose columns are doubles or texts. */
  async stream(sql: string): Promise<RowStream> {
    const result = await this.#connection.stream(sql)
    return () => nextBlock(result)
  }
}

async function nextBlock(result: DuckDBResult): Promise<Block | undefined> {
  const chunks: DuckDBDataChunk[] = []
  let rows = 0
  while (rows < rowsPerBlock) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    chunks.push(chunk)
    rows += chunk.rowCount
  }
  return rows === 0 ? undefined : { rows, columns: Array.from({ length: result.columnCount }, (_, column) => gather(chunks, column, rows)) }
}
