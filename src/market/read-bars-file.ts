import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parseJson } from '../contracts/decimal.ts'
import { ServingError } from '../contracts/error.ts'
import { type BarColumns, findColumns, looksLikeBar, type RawRow, readBar, usualColumns } from './bar-columns.ts'
import type { BarInput } from './check-bar.ts'
import { type NumberedRow, separatorOf, splitCells, splitLines, surplusOf } from './csv-rows.ts'
import { splitElements } from './json-rows.ts'

const byteOrderMark = '\uFEFF'

/** Rows with the columns that apply to them. */
type Understood = {
  readonly line: number
  readonly row: RawRow
  readonly columns: BarColumns | string
}

/** How the lines of a CSV file are cut, what stands where, and whether the first line says so. */
type Layout = { readonly separator: string; readonly width: number; readonly columns: BarColumns | string; readonly header: boolean }

function layoutOf(first: string): Layout {
  const separator = separatorOf(first)
  const cells = splitCells(first, separator)
  const header = !looksLikeBar(cells)
  return { separator, width: cells.length, columns: header ? findColumns(cells, 'position') : usualColumns, header }
}

async function* csvRows(lines: AsyncIterable<NumberedRow<string>>): AsyncGenerator<Understood> {
  let layout: Layout | undefined
  for await (const { line, row } of lines) {
    if (row.trim() === '' || row.startsWith('#')) continue
    const first = layout === undefined
    layout ??= layoutOf(row)
    const { separator, width, columns, header } = layout
    if (first && header && typeof columns !== 'string') continue
    const cells = splitCells(row, separator)
    yield { line, row: cells, columns: surplusOf(cells, width) ?? columns }
  }
}

async function* jsonRows(elements: AsyncIterable<NumberedRow<string>>): AsyncGenerator<Understood> {
  let columns: BarColumns | string | undefined
  for await (const { line, row: text } of elements) {
    const row = parseJson(text)
    if (Array.isArray(row)) yield { line, row, columns: usualColumns }
    else if (typeof row === 'object' && row !== null) {
      columns ??= findColumns(Object.keys(row), 'name')
      yield { line, row: row as Readonly<Record<string, unknown>>, columns }
    } else yield { line, row: [], columns: 'neither an array nor an object' }
  }
}

/** The pieces again, and the first character that is not white space. */
async function peek(pieces: AsyncIterable<string>): Promise<{ readonly first: string; readonly pieces: AsyncIterable<string> }> {
  const iterator = pieces[Symbol.asyncIterator]()
  let begin = ''
  for (let next = await iterator.next(); ; next = await iterator.next()) {
    if (next.done === true) break
    begin += begin === '' && next.value.startsWith(byteOrderMark) ? next.value.slice(1) : next.value
    if (begin.trim() !== '') break
  }
  const again = async function* (): AsyncGenerator<string> {
    yield begin
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { first: begin.trimStart().slice(0, 1), pieces: again() }
}

/**
 * Bars of a text in pieces, CSV (with or without a header) or JSON (array of arrays or objects, or an object a line), in the order of the text. `name` is how errors call it:
 * `validation_failed` with the line number for a row that cannot be read.
 */
export async function* parseBars(text: AsyncIterable<string>, name: string): AsyncGenerator<BarInput> {
  const { first, pieces } = await peek(text)
  const rows = first === '[' || first === '{' ? jsonRows(splitElements(pieces)) : csvRows(splitLines(pieces))
  let line = 0
  try {
    for await (const understood of rows) {
      line = understood.line
      const bar = typeof understood.columns === 'string' ? understood.columns : readBar(understood.row, understood.columns)
      if (typeof bar === 'string') throw new ServingError('validation_failed', `${name} line ${line}: ${bar}`)
      yield bar
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      throw new ServingError('validation_failed', `${name} after line ${line}: ${error.message}`, {
        cause: error,
      })
    throw error
  }
}

/** How files begin that are packed otherwise than by gzip, and what unpacks them. */
const otherPackings: readonly (readonly [begin: string, name: string, command: string])[] = [
  ['28b52ffd', 'zstd', 'unzstd'],
  ['504b0304', 'zip', 'unzip'],
  ['425a68', 'bzip2', 'bunzip2'],
  ['fd377a585a', 'xz', 'unxz'],
]

/** True if a file is packed by gzip, as it begins. Throws ServingError for one that is packed otherwise, or that cannot be read from its begin, such as a pipe. */
async function isPacked(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) throw new ServingError('validation_failed', `${path} is no file: write what it gives into one first`)
  await using handle = await open(path)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0)
  const begin = buffer.toString('hex', 0, bytesRead)
  const [, name, command] = otherPackings.find(([other]) => begin.startsWith(other)) ?? []
  if (name !== undefined)
    throw new ServingError('validation_failed', `${path} is packed by ${name}, of which nothing is read: unpack it (${command}), or pack it by gzip`)
  return begin.startsWith('1f8b')
}

/** The text of a file in pieces, unpacked when it begins as gzip does. `onBytes` hears how many bytes of the file were read. Throws ServingError for a file that is packed otherwise, and for what is no file. */
export async function* readText(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<string> {
  const packed = await isPacked(path)
  const file = createReadStream(path)
  if (onBytes) file.on('data', (chunk) => onBytes(chunk.length))
  const bytes: Readable = packed ? file.pipe(createGunzip()) : file
  if (packed) file.on('error', (error) => bytes.destroy(error))
  yield* bytes.setEncoding('utf8') as AsyncIterable<string>
}

/** Bars of a CSV or JSON file, plain or .gz, streamed. `onBytes` hears of progress in bytes of the file. Errors as `parseBars`; a file that cannot be read or unpacked is `validation_failed` too. */
export async function* readBarsFile(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<BarInput> {
  try {
    yield* parseBars(readText(path, onBytes), path)
  } catch (error) {
    if (error instanceof ServingError) throw error
    throw new ServingError('validation_failed', `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
