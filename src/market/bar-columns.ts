import { decimalOf } from '../contracts/decimal.ts'
import { parseBarTime } from './bar-time.ts'
import { type BarInput, earliestMs } from './check-bar.ts'

/** One row of a file before it is understood: cells in order, or fields by name. */
export type RawRow = readonly unknown[] | Readonly<Record<string, unknown>>

const fieldNames = {
  openTime: [
    'opentime',
    'opentimeinmillis',
    'opentimeiniso',
    'opentimestamp',
    'starttime',
    'start',
    'timestamp',
    'datetime',
    'date',
    'time',
    'unixtime',
    'unix',
    'ts',
    't',
  ],
  open: ['open', 'openprice', 'o'],
  high: ['high', 'highprice', 'h'],
  low: ['low', 'lowprice', 'l'],
  close: ['close', 'closeprice', 'c'],
  volume: ['volume', 'basevolume', 'vol', 'v', 'tickvolume'],
} as const
type Field = keyof typeof fieldNames
const fields = Object.keys(fieldNames) as Field[]
const plainFields = ['open', 'high', 'low', 'close', 'volume'] as const
const withTakerBuy = [...plainFields, 'takerBuyVolume'] as const
const receivedNames = ['receivedtime', 'receivedat']
const takerBuyNames = ['takerbuyvolume', 'takerbuybasevolume', 'takerbuybaseassetvolume', 'takerbuybase']

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Where each field of a bar stands: a position in rows of cells, a name in rows of fields. */
export type BarColumns = Readonly<Record<Field, string | number>> & {
  readonly takerBuyVolume?: string | number
  readonly receivedTime?: string | number
  /** Where the time of day stands if the open time is in a column of dates. */
  readonly timeOfDay?: string | number
}

/** Finds the fields among the names of a header by the spellings of common vendors (case and punctuation do not count); else a message that says which is missing, or there twice. */
export function findColumns(names: readonly string[], by: 'name' | 'position'): BarColumns | string {
  const plainNames = names.map(plain)
  const twice = plainNames.find((name, i) => Object.values(fieldNames).some((spellings) => spellings.includes(name as never)) && plainNames.indexOf(name) < i)
  if (twice !== undefined) return `two columns are called ${twice}: which one counts?`
  const place = (spellings: readonly string[]): string | number | undefined => {
    const found = spellings.map((spelling) => plainNames.indexOf(spelling)).find((position) => position >= 0)
    return found === undefined || by === 'position' ? found : names[found]
  }
  const found = fields.map((field) => [field, place(fieldNames[field])] as const)
  const missing = found.filter(([, where]) => where === undefined).map(([field]) => field)
  if (missing.length > 0) return `no column for ${missing.join(', ')} among ${names.join(', ').slice(0, 300)}`
  const [received, takerBuy] = [place(receivedNames), place(takerBuyNames)]
  const timeOfDay = place(fieldNames.openTime) === place(['date']) ? place(['time']) : undefined
  return {
    ...(Object.fromEntries(found) as Record<Field, string | number>),
    ...(takerBuy === undefined ? {} : { takerBuyVolume: takerBuy }),
    ...(received === undefined ? {} : { receivedTime: received }),
    ...(timeOfDay === undefined ? {} : { timeOfDay }),
  }
}

/** Columns of files without a header: open time, open, high, low, close, volume, then whatever. */
export const usualColumns: BarColumns = {
  openTime: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'string' ? decimalOf(value) : typeof value === 'number' ? value : undefined)

/** True if the cells are a bar and not a header. */
export const looksLikeBar = (cells: readonly unknown[]): boolean =>
  parseBarTime(cells[0]) !== undefined && cells.slice(1, 6).length >= 5 && cells.slice(1, 6).every((cell) => numberOf(cell) !== undefined)

const isAbsent = (field: string, value: unknown): boolean => field === 'takerBuyVolume' && value === null

/** What is wrong with the open time of a row. */
function timeFault(cells: Readonly<Record<string | number, unknown>>, { openTime, timeOfDay }: BarColumns): string | undefined {
  if (parseBarTime(cells[openTime]) === undefined) return `the open time is not a moment: ${JSON.stringify(cells[openTime])?.slice(0, 60)}`
  if (timeOfDay === undefined || (parseBarTime(cells[timeOfDay]) ?? 0) >= earliestMs) return undefined
  return `the time of day stands apart from the date: join the columns date and time into one, e.g. 2024-01-15 10:30`
}

/** The bar of a row, or a message that says what is wrong with it. Whether the bar makes sense is for the store to judge. */
export function readBar(row: RawRow, columns: BarColumns): BarInput | string {
  const cells = row as Readonly<Record<string | number, unknown>>
  const fault = timeFault(cells, columns)
  if (fault !== undefined) return fault
  const bar: Record<string, number> = { openTime: parseBarTime(cells[columns.openTime]) as number }
  for (const field of columns.takerBuyVolume === undefined ? plainFields : withTakerBuy) {
    const value = cells[columns[field] as string | number]
    if (isAbsent(field, value)) continue
    const number = numberOf(value)
    if (number === undefined) return `${field} is not a number: ${JSON.stringify(value)?.slice(0, 60)}`
    bar[field] = number
  }
  const received = columns.receivedTime === undefined ? undefined : parseBarTime(cells[columns.receivedTime])
  if (received !== undefined) bar['receivedTime'] = received
  return bar as BarInput
}
