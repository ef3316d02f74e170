import { printable } from './printable.ts'

/** A cell is one line, whoever wrote what it says. */
const cellOf = (text: string): string => printable(text).replaceAll('\n', '\\n')

/** Lines of a table: a header, a rule, the rows; columns as wide as their widest cell, all but the last padded. */
export function tableLines(header: readonly string[], texts: readonly (readonly string[])[]): string[] {
  const rows = texts.map((row) => row.map(cellOf))
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}
