/** One row with the line on which it begins, from 1. */
export type NumberedRow<Row> = { readonly line: number; readonly row: Row }

const longestLine = 65_536

/** Lines of a text that comes in pieces, without their ends, with their numbers. Throws RangeError at a line longer than 64 KiB. */
export async function* splitLines(pieces: AsyncIterable<string>): AsyncGenerator<NumberedRow<string>> {
  let rest = ''
  let line = 0
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() as string
    for (const row of lines) yield { line: ++line, row: row.endsWith('\r') ? row.slice(0, -1) : row }
    if (rest.length > longestLine) throw new RangeError(`line ${line + 1} is longer than ${longestLine} characters`)
  }
  if (rest !== '') yield { line: line + 1, row: rest.endsWith('\r') ? rest.slice(0, -1) : rest }
}

/** The separator that a header uses: comma, semicolon or tab, whichever is there most often. */
export function separatorOf(header: string): string {
  const count = (separator: string): number => header.split(separator).length
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best))
}

/** Cells of one line (RFC 4180 without line breaks inside quotes), outer spaces removed. */
export function splitCells(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim())
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string
    if (character === '"' && quoted && line[i + 1] === '"') cell += line[++i] as string
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += character
  }
  return [...cells, cell.trim()]
}

/** What is wrong with a line that has more cells than its file has columns; undefined if only empty ones are more, as where lines end with a separator. */
export function surplusOf(cells: readonly string[], columns: number): string | undefined {
  if (cells.slice(columns).every((cell) => cell === '')) return undefined
  return `has ${cells.length} cells where there are ${columns} columns: is there a separator within a number?`
}
