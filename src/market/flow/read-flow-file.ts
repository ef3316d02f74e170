import { decimalOf, parseJson } from '../../contracts/decimal.ts'
import { type Book, type Funding, type Level, type Trade, usualPaymentAfter } from '../../contracts/flow.ts'
import { ServingError } from '../../contracts/error.ts'
import { parseBarTime } from '../bar-time.ts'
import { separatorOf, splitCells, splitLines, surplusOf } from '../csv-rows.ts'
import { readText } from '../read-bars-file.ts'

/** How rows of one kind are read: the spellings of each field in headers, where it stands without one (-1: nowhere), which must be there, and the event of a row's cells. */
type RowFormat<Field extends string, Event> = {
  readonly names: Readonly<Record<Field, readonly string[]>>
  readonly usual: Readonly<Record<Field, number>>
  readonly needed: readonly Field[]
  readonly read: (cell: (field: Field) => string | undefined) => Event | undefined
  readonly what: string
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Where the fields stand in a header; -1 for those that are not there. */
function findColumns<Field extends string>({ names, needed }: RowFormat<Field, unknown>, header: readonly string[]): Readonly<Record<Field, number>> {
  const plainNames = header.map(plain)
  const place = (spellings: readonly string[]): number => spellings.map((name) => plainNames.indexOf(name)).find((at) => at >= 0) ?? -1
  const found = Object.fromEntries(Object.entries<readonly string[]>(names).map(([field, spellings]) => [field, place(spellings)])) as Record<Field, number>
  const missing = needed.filter((field) => found[field] < 0)
  if (missing.length > 0) throw new SyntaxError(`no column for ${missing.join(', ')} among ${header.join(', ').slice(0, 300)}`)
  return found
}

const sides: Readonly<Record<string, 'buy' | 'sell' | undefined>> = { buy: 'buy', b: 'buy', bid: 'buy', sell: 'sell', s: 'sell', ask: 'sell', a: 'sell' }
const unknownSides = ['unknown', 'none', 'n']
const sidesByMaker: typeof sides = { true: 'sell', 1: 'sell', false: 'buy', 0: 'buy' }

/** The side of a table that a cell names. Throws SyntaxError for a word that is in none. */
function sideIn(table: typeof sides, cell: string): 'buy' | 'sell' {
  const word = cell.toLowerCase()
  const side = Object.hasOwn(table, word) ? table[word] : undefined
  if (side === undefined) throw new SyntaxError(`${JSON.stringify(cell.slice(0, 60))} is no side: write one of ${Object.keys(table).join(', ')}`)
  return side
}

/** The taker's side: said, or the other one than the maker's; undefined where nobody knows. */
function sideOf(side: string | undefined, buyerIsMaker: string | undefined): 'buy' | 'sell' | undefined {
  if (side !== undefined) return unknownSides.includes(side.toLowerCase()) ? undefined : sideIn(sides, side)
  return buyerIsMaker === undefined ? undefined : sideIn(sidesByMaker, buyerIsMaker)
}

const trades: RowFormat<'time' | 'price' | 'size' | 'side' | 'maker' | 'id', Trade> = {
  names: {
    time: ['time', 'timestamp', 'tradetime', 'transacttime', 'ts', 't'],
    price: ['price', 'p'],
    size: ['size', 'qty', 'quantity', 'amount', 'volume', 'q'],
    side: ['side', 'takerside'],
    maker: ['isbuyermaker', 'buyermaker', 'm'],
    id: ['id', 'tradeid', 'aggid', 'aggtradeid', 'a'],
  },
  usual: { time: 0, price: 1, size: 2, side: 3, id: 4, maker: -1 },
  needed: ['time', 'price', 'size'],
  what: 'trade',
  read(cell) {
    const time = parseBarTime(cell('time'))
    const [price, size] = [decimalOf(cell('price') ?? ''), decimalOf(cell('size') ?? '')]
    if (time === undefined || price === undefined || size === undefined) return undefined
    const [side, id] = [sideOf(cell('side'), cell('maker')), cell('id')]
    return { time, price, size, ...(side === undefined ? {} : { side }), ...(id === undefined ? {} : { id }) }
  },
}

const funding: RowFormat<'time' | 'rate' | 'next' | 'hours', Funding> = {
  names: {
    time: ['time', 'calctime', 'fundingtime', 'fundingratetimestamp', 'timestamp', 'ts'],
    rate: ['rate', 'fundingrate', 'lastfundingrate'],
    next: ['next', 'nextfundingtime', 'nexttime'],
    hours: ['fundingintervalhours', 'intervalhours'],
  },
  usual: { time: 0, rate: 1, next: 2, hours: -1 },
  needed: ['time', 'rate'],
  what: 'funding rate',
  read(cell) {
    const [time, rate, hours] = [parseBarTime(cell('time')), decimalOf(cell('rate') ?? ''), Number(cell('hours'))]
    if (time === undefined || rate === undefined) return undefined
    const next = cell('next')
    if (next === undefined) return { time, rate, nextTime: hours > 0 ? time + hours * 3_600_000 : usualPaymentAfter(time) }
    const nextTime = parseBarTime(next)
    return nextTime === undefined ? undefined : { time, rate, nextTime }
  },
}

/** Cells of a line that is an array in JSON, or separated values. */
const cellsOf = (row: string, separator: string): string[] =>
  row.startsWith('[') ? (parseJson(row) as (string | number | null)[]).map((cell) => (cell === null ? '' : String(cell))) : splitCells(row, separator)

/** The cells of a row, how many it may have, and where the fields stand among them. */
type Row<Field extends string> = { readonly cells: readonly string[]; readonly width: number; readonly columns: Readonly<Record<Field, number>> }

/** The event of a row. Throws SyntaxError. */
function readRow<Field extends string, Event>({ cells, width, columns }: Row<Field>, { read, what }: RowFormat<Field, Event>): Event {
  const surplus = surplusOf(cells, width)
  if (surplus !== undefined) throw new SyntaxError(surplus)
  const event = read((field) => cells[columns[field]] || undefined)
  if (event === undefined) throw new SyntaxError(`not a ${what}: ${cells.join(',').slice(0, 100)}`)
  return event
}

/** Rows of a text in pieces: CSV, with a header or in the order of the route that takes them, or an array a line. Throws SyntaxError with the number of the line. */
async function* parseRows<Field extends string, Event>(text: AsyncIterable<string>, format: RowFormat<Field, Event>): AsyncGenerator<Event> {
  let columns: Readonly<Record<Field, number>> | undefined
  let [separator, width] = [',', 0]
  for await (const { line, row } of splitLines(text)) {
    if (row.trim() === '') continue
    try {
      if (columns === undefined) {
        separator = separatorOf(row)
        const cells = cellsOf(row, separator)
        columns = parseBarTime(cells[0]) === undefined ? findColumns(format, cells) : format.usual
        width = columns === format.usual ? Object.values<number>(format.usual).filter((place) => place >= 0).length : cells.length
        if (columns !== format.usual) continue
      }
      yield readRow({ cells: cellsOf(row, separator), width, columns }, format)
    } catch (error) {
      throw new SyntaxError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const isBook = (row: unknown): row is [number, Level[], Level[]] =>
  Array.isArray(row) && row.length === 3 && typeof row[0] === 'number' && Array.isArray(row[1]) && Array.isArray(row[2])

/** Order books of a text in pieces, an array `[time_ms, bids, asks]` a line. Throws SyntaxError with the number of the line. */
async function* parseBooks(text: AsyncIterable<string>): AsyncGenerator<Book> {
  for await (const { line, row } of splitLines(text)) {
    if (row.trim() === '') continue
    try {
      const book = parseJson(row)
      if (!isBook(book)) throw new SyntaxError(`not an order book [time_ms, [[price, size], …], [[price, size], …]]: ${row.slice(0, 100)}`)
      const [time, bids, asks] = book
      yield { time, bids, asks }
    } catch (error) {
      throw new SyntaxError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

const parsers = {
  ticks: (text: AsyncIterable<string>) => parseRows(text, trades),
  books: parseBooks,
  funding: (text: AsyncIterable<string>) => parseRows(text, funding),
} as const

/** Trades, books or funding rates of a file, plain or .gz, streamed. `onBytes` hears of progress in bytes of the file. Throws `validation_failed` where it cannot be read. */
export async function* readFlowFile(kind: keyof typeof parsers, path: string, onBytes: (bytes: number) => void): AsyncGenerator<Trade | Book | Funding> {
  try {
    yield* parsers[kind](readText(path, onBytes))
  } catch (error) {
    if (error instanceof ServingError) throw error
    throw new ServingError('validation_failed', `${path} ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
