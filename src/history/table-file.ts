import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import { durableRename } from './durable-rename.ts'
import { HistoryProcess } from './history-process.ts'
import { ParquetWriter } from './parquet-file.ts'
import type { Block, ColumnSpec } from './table.ts'

/** Cells in the order of the columns: texts, or numbers with NaN for absent; times in ms since the epoch, booleans as 0 and 1. */
export type Cells = ArrayLike<string | number>

/** A table being written to a file: nothing stands under its name before `save`, which gives its length in bytes. */
export interface TableFile extends AsyncDisposable {
  /** Takes a row in parts, one behind the other; a promise says when the next may come, if not at once. */
  add(...parts: readonly Cells[]): Promise<void> | undefined
  /** `about` is kept in the metadata of a Parquet file; CSV has no place for it. */
  save(about: object): Promise<number>
}

const rowsPerBlock = 8_192
const charactersPerWrite = 262_144

class ParquetTable implements TableFile {
  readonly #path: string
  readonly #columns: readonly ColumnSpec[]
  readonly #process = new HistoryProcess()
  readonly #writer: ParquetWriter
  // Apart from each other: one array of both kinds makes each store ten times as slow.
  #numbers: readonly Float64Array[] = []
  #texts: readonly string[][] = []
  #rows = 0
  constructor(path: string, columns: readonly ColumnSpec[]) {
    this.#path = path
    this.#columns = columns
    this.#writer = new ParquetWriter(this.#process, columns)
    this.#begin()
  }

  add(...parts: readonly Cells[]): Promise<void> | undefined {
    let column = 0
    for (const part of parts) {
      for (let i = 0; i < part.length; i++, column++) {
        const value = part[i] as string | number
        if (typeof value === 'string') (this.#texts[column] as string[]).push(value)
        else (this.#numbers[column] as Float64Array)[this.#rows] = value
      }
    }
    this.#rows += 1
    return this.#rows === rowsPerBlock ? this.#flush() : undefined
  }

  async save(about: object): Promise<number> {
    if (this.#rows > 0) await this.#flush()
    return this.#writer.save(this.#path, about)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close()
  }

  #begin(): void {
    this.#rows = 0
    this.#numbers = this.#columns.map(({ type }) => new Float64Array(type === 'text' ? 0 : rowsPerBlock))
    this.#texts = this.#columns.map(() => [])
  }

  #flush(): Promise<void> {
    const columns = this.#columns.map(({ type }, i) => (type === 'text' ? this.#texts[i] : this.#numbers[i]) as Block['columns'][number])
    const block = { rows: this.#rows, columns }
    this.#begin()
    return this.#writer.add(block)
  }
}

const quote = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function cell(value: string | number, { type }: ColumnSpec): string {
  if (typeof value === 'string') return quote(value)
  if (Number.isNaN(value)) return ''
  if (type === 'time') return new Date(value).toISOString()
  if (type === 'boolean') return value === 1 ? 'true' : 'false'
  // The text of -0 is that of 0.
  return Object.is(value, -0) ? '-0' : String(value)
}

class CsvTable implements TableFile {
  readonly #path: string
  readonly #columns: readonly ColumnSpec[]
  readonly #unfinished: string
  #file: FileHandle | undefined
  #text: string
  #bytes = 0
  constructor(path: string, columns: readonly ColumnSpec[]) {
    this.#path = path
    this.#columns = columns
    this.#unfinished = `${path}.unfinished`
    this.#text = `${columns.map(({ name }) => quote(name)).join(',')}\n`
  }

  add(...parts: readonly Cells[]): Promise<void> | undefined {
    let column = 0
    for (const part of parts)
      for (let i = 0; i < part.length; i++) this.#text += `${column === 0 ? '' : ','}${cell(part[i] as string | number, this.#columns[column++] as ColumnSpec)}`
    this.#text += '\n'
    return this.#text.length >= charactersPerWrite ? this.#write() : undefined
  }

  async save(): Promise<number> {
    await this.#write()
    await this.#file?.close()
    await durableRename(this.#unfinished, this.#path)
    return this.#bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close().catch(() => {})
  }

  async #write(): Promise<void> {
    try {
      if (!this.#file) {
        await mkdir(dirname(this.#path), { recursive: true })
        this.#file = await open(this.#unfinished, 'w')
      }
      const text = Buffer.from(this.#text)
      this.#text = ''
      this.#bytes += text.length
      await this.#file.writeFile(text)
    } catch (error) {
      throw new ServingError('validation_failed', `${this.#path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
}

/** A table to be written to a file, CSV or Parquet by its ending. Throws `validation_failed` for another ending. */
export function openTableFile(path: string, columns: readonly ColumnSpec[]): TableFile {
  if (path.endsWith('.parquet')) return new ParquetTable(path, columns)
  if (path.endsWith('.csv')) return new CsvTable(path, columns)
  throw new ServingError('validation_failed', `${path}: the ending chooses the format: .parquet or .csv`)
}
