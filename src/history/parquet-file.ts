import type { Choice } from './choose-rows.ts'
import type { HistoryAnswers, HistoryRequest } from './history-message.ts'
import type { HistoryProcess } from './history-process.ts'
import type { Block, ColumnSpec } from './table.ts'

const blocksOnTheirWay = 4

/** A Parquet file in the making: nothing of it is there before `save`. */
export class ParquetWriter {
  readonly #process: HistoryProcess
  readonly #columns: readonly ColumnSpec[]
  readonly #table: string
  readonly #waiting: Promise<unknown>[] = []
  constructor(process: HistoryProcess, columns: readonly ColumnSpec[]) {
    this.#process = process
    this.#columns = columns
    this.#table = process.name()
    this.#send({ kind: 'create', table: this.#table, columns })
  }

  /** Adds rows; resolves when the next may come, while these and a few before are still on their way. */
  async add(block: Block): Promise<void> {
    this.#send({ kind: 'append', table: this.#table, block })
    while (this.#waiting.length > blocksOnTheirWay) await this.#waiting.shift()
  }

  /** Writes the file, with a text about it in its metadata (key `presage`), and gives its length. Throws `validation_failed` if it cannot be written; an older file of that name is untouched then. */
  async save(path: string, about: object): Promise<number> {
    await Promise.all(this.#waiting)
    return (await this.#process.call({ kind: 'save', table: this.#table, columns: this.#columns, path, about: JSON.stringify(about) })).bytes
  }

  /** Whoever comes next waits for the answer and hears of its failure, unless nobody comes. */
  #send(request: HistoryRequest): void {
    const answer = this.#process.call(request)
    answer.catch(() => {})
    this.#waiting.push(answer)
  }
}

/** Parquet files being read: names of their columns in order, how many rows there are, these in blocks, and what the files say of themselves. */
export type ParquetReading = HistoryAnswers['open'] & { readonly blocks: AsyncGenerator<Block> }

/** Reads files that have the same columns, all rows in their order or the chosen ones; times come as ms since the epoch. Throws `validation_failed` with the name of a file that is no Parquet or is torn. */
export async function readParquet(process: HistoryProcess, paths: readonly string[], choice?: Choice): Promise<ParquetReading> {
  const reading = process.name()
  const opened = await process.call({ kind: 'open', reading, paths, ...(choice && { choice }) })
  return { ...opened, blocks: blocksOf(process, reading) }
}

async function* blocksOf(process: HistoryProcess, reading: string): AsyncGenerator<Block> {
  const next = () => process.call({ kind: 'next', reading })
  for (let coming = next(), block = await coming; block; block = await coming) {
    coming = next()
    coming.catch(() => {})
    yield block
  }
}
