import { stat } from 'node:fs/promises'
import type { Book, Funding, Level, Trade } from '../contracts/flow.ts'
import { ServingError } from '../contracts/error.ts'
import { readFlowFile } from '../market/flow/read-flow-file.ts'
import { HistoryProcess } from './history-process.ts'
import { readParquet } from './parquet-file.ts'
import { isParquet } from './read-bars.ts'
import type { Block } from './table.ts'

type Cell = (name: string) => number | string | null

const needed = { ticks: ['event_time', 'price', 'size'], books: ['event_time', 'bid_prices', 'bid_sizes', 'ask_prices', 'ask_sizes'] } as const

function levelsOf(prices: string, sizes: string): Level[] {
  const [all, amounts] = [JSON.parse(prices) as number[], JSON.parse(sizes) as number[]]
  return all.map((price, i) => [price, amounts[i] as number] as const)
}

const read = {
  ticks(cell: Cell): Trade {
    const [side, id] = [cell('side') as 'buy' | 'sell' | null, cell('id') as string | null]
    return {
      time: cell('event_time') as number,
      price: cell('price') as number,
      size: cell('size') as number,
      ...(side && { side }),
      ...(id !== null && { id }),
    }
  },
  books(cell: Cell): Book {
    const levels = (side: string): Level[] => levelsOf(cell(`${side}_prices`) as string, cell(`${side}_sizes`) as string)
    return { time: cell('event_time') as number, bids: levels('bid'), asks: levels('ask') }
  },
} as const

async function* parquetFlow(kind: keyof typeof read, path: string, onBytes: (bytes: number) => void): AsyncGenerator<Trade | Book> {
  const { size } = await stat(path)
  await using process = new HistoryProcess()
  const { columns: names, rows, blocks } = await readParquet(process, [path])
  const missing = needed[kind].filter((name) => !names.includes(name))
  if (missing.length > 0)
    throw new ServingError('validation_failed', `${path}: no column ${missing.join(', ')} among ${names.join(', ')}: these are no sealed ${kind}`)
  for await (const block of blocks) {
    const columns = new Map(names.map((name, i) => [name, block.columns[i] as Block['columns'][number]]))
    for (let row = 0; row < block.rows; row++) yield read[kind]((name) => columns.get(name)?.[row] ?? null)
    onBytes((size * block.rows) / rows)
  }
}

/** Trades, order books or funding rates of a file, streamed: CSV or JSON, plain or .gz, or sealed ones in Parquet. `onBytes` hears of progress in bytes of the file. Throws `validation_failed` where it cannot be read. */
export async function* readFlow(
  kind: 'ticks' | 'books' | 'funding',
  path: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Trade | Book | Funding> {
  yield* kind !== 'funding' && (await isParquet(path)) ? parquetFlow(kind, path, onBytes) : readFlowFile(kind, path, onBytes)
}
