import type { Book, Level, Trade } from '../../contracts/flow.ts'
import { ServingError } from '../../contracts/error.ts'
import { parseBarTime } from '../bar-time.ts'
import { separatorOf, splitCells, splitLines } from '../csv-rows.ts'
import { readText } from '../read-bars-file.ts'

const names = {
  time: ['time', 'timestamp', 'tradetime', 'transacttime', 'ts', 't'],
  price: ['price', 'p'],
  size: ['size', 'qty', 'quantity', 'amount', 'volume', 'q'],
  side: ['side', 'takerside'],
  maker: ['isbuyermaker', 'buyermaker', 'm'],
  id: ['id', 'tradeid', 'aggid', 'aggtradeid', 'a'],
} as const
type Columns = Readonly<Record<keyof typeof names, number>>

const usualColumns: Columns = { time: 0, price: 1, size: 2, side: 3, id: 4, maker: -1 }
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Where the fields of a trade stand in a header; -1 for those that are not there. */
function findColumns(header: readonly string[]): Columns {
  const plainNames = header.map(plain)
  const place = (spellings: readonly string[]): number => spellings.map((name) => plainNames.indexOf(name)).find((at) => at >= 0) ?? -1
  const found = Object.fromEntries(Object.entries(names).map(([field, spellings]) => [field, place(spellings)])) as Columns
  const missing = (['time', 'price', 'size'] as const).filter((field) => found[field] < 0)
  if (missing.length > 0) throw new SyntaxError(`no column for ${missing.join(', ')} among ${header.join(', ').slice(0, 300)}`)
  return found
}

/** The taker's side: said, or the other one than the maker's. */
function sideOf(side: string | undefined, buyerIsMaker: string | undefined): 'buy' | 'sell' | undefined {
  if (side !== undefined && side !== '') return side.toLowerCase().startsWith('b') ? 'buy' : 'sell'
  if (buyerIsMaker === undefined || buyerIsMaker === '') return undefined
  return ['true', '1'].includes(buyerIsMaker.toLowerCase()) ? 'sell' : 'buy'
}

function toTrade(cells: readonly string[], columns: Columns): Trade {
  const time = parseBarTime(cells[columns.time])
  const [price, size] = [Number(cells[columns.price]), Number(cells[columns.size])]
  if (time === undefined || Number.isNaN(price + size)) throw new SyntaxError(`not a trade: ${cells.join(',').slice(0, 100)}`)
  const [side, id] = [sideOf(cells[columns.side], cells[columns.maker]), cells[columns.id]]
  return { time, price, size, ...(side === undefined ? {} : { side }), ...(id === undefined || id === '' ? {} : { id }) }
}

/** Cells of a line that is an array in JSON, or separated values. */
const cellsOf = (row: string, separator: string): string[] =>
  row.startsWith('[') ? (JSON.parse(row) as (string | number | null)[]).map((cell) => (cell === null ? '' : String(cell))) : splitCells(row, separator)

/** Trades of a text in pieces: CSV, with a header or in the order of POST /market/ticks, or an array a line. Throws SyntaxError with the number of the line. */
async function* parseTrades(text: AsyncIterable<string>): AsyncGenerator<Trade> {
  let columns: Columns | undefined
  let separator = ','
  for await (const { line, row } of splitLines(text)) {
    if (row.trim() === '') continue
    try {
      if (columns === undefined) {
        separator = separatorOf(row)
        const cells = cellsOf(row, separator)
        columns = parseBarTime(cells[0]) === undefined ? findColumns(cells) : usualColumns
        if (columns !== usualColumns) continue
      }
      yield toTrade(cellsOf(row, separator), columns)
    } catch (error) {
      throw new SyntaxError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

/** Order books of a text in pieces, an array `[time_ms, bids, asks]` a line. Throws SyntaxError with the number of the line. */
async function* parseBooks(text: AsyncIterable<string>): AsyncGenerator<Book> {
  for await (const { line, row } of splitLines(text)) {
    if (row.trim() === '') continue
    try {
      const [time, bids, asks] = JSON.parse(row) as [number, Level[], Level[]]
      yield { time, bids, asks }
    } catch (error) {
      throw new SyntaxError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const parsers = { ticks: parseTrades, books: parseBooks } as const

/** Trades or books of a file, plain or .gz, streamed. `onBytes` hears of progress in bytes of the file. Throws `validation_failed` where it cannot be read. */
export async function* readFlowFile(kind: keyof typeof parsers, path: string, onBytes: (bytes: number) => void): AsyncGenerator<Trade | Book> {
  try {
    yield* parsers[kind](readText(path, onBytes))
  } catch (error) {
    if (error instanceof ServingError) throw error
    throw new ServingError('validation_failed', `${path} ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
