import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Table } from './tables.ts'

const page = fileURLToPath(new URL('../../docs/trees.md', import.meta.url))
const section = /<!-- bench -->[\s\S]*<!-- \/bench -->/

function markdown({ title, header, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [`### ${title}`, '', line(header), line(header.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/** Writes the tables between the markers of docs/trees.md; the rest of the page stays as it is. */
export function writePage(preface: string, tables: readonly Table[]): void {
  const text = readFileSync(page, 'utf8')
  if (!section.test(text)) throw new Error('docs/trees.md has no <!-- bench --> … <!-- /bench --> to write between')
  const body = `<!-- bench -->\n${[preface, ...tables.map(markdown)].join('\n\n')}\n\n<!-- /bench -->`
  writeFileSync(
    page,
    text.replace(section, () => body),
  )
}
