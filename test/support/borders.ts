import { adapters, folders } from '../../architecture.ts'
import { importsOf, packageOf, type Source, targetOf } from './imports.ts'

/** The words of architecture.ts. */
export type Borders = { readonly folders: Readonly<Record<string, readonly string[]>>; readonly adapters: Readonly<Record<string, readonly string[]>> }

/** The borders of this repository. */
export const borders: Borders = { folders, adapters }

const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] as string) : '')
const isWithin = (place: string, allowed: string): boolean => place === allowed || place.startsWith(`${allowed}/`)

const outside = (file: string, target: string): string | undefined =>
  target === '../package.json' ? undefined : `${file} imports ${target.slice(3)}, which lies outside src/`

const rootFile = ({ file, folder, target }: { file: string; folder: string; target: string }): string | undefined =>
  folder === 'cli' || target === 'system.ts' ? undefined : `${file} imports src/${target}: only src/cli starts the process`

function wrongFolder({ file, specifier }: { file: string; specifier: string }, table: Borders): string | undefined {
  const folder = folderOf(file.replace(/^src\//, ''))
  const target = targetOf(file, specifier)
  if (target === undefined || folder === '') return undefined
  if (target.startsWith('..')) return outside(file, target)
  const other = folderOf(target)
  if (other === '') return rootFile({ file, folder, target })
  return other === folder || table.folders[folder]?.includes(other) ? undefined : `${file} imports src/${other}, which architecture.ts does not allow`
}

function wrongPackage({ file, specifier }: { file: string; specifier: string }, table: Borders): string | undefined {
  const name = packageOf(specifier)
  const places = name === undefined ? undefined : table.adapters[name]
  if (places === undefined || places.some((place) => isWithin(file.replace(/^src\//, ''), place))) return undefined
  return `${file} imports ${name}, which only ${places.join(', ')} may`
}

/** Every import that the borders do not allow, as a sentence. */
export const violations = (sources: readonly Source[], table: Borders = borders): string[] =>
  sources.flatMap((source) =>
    importsOf(source).flatMap((specifier) => {
      const found = { file: source.file, specifier }
      return [wrongFolder(found, table), wrongPackage(found, table)].filter((sentence) => sentence !== undefined)
    }),
  )

/** Arrows between folders, and uses of confined packages, that the table allows but no file needs. */
export function unusedAllowances(sources: readonly Source[], table: Borders = borders): string[] {
  const uses = sources.flatMap((source) =>
    importsOf(source).map((specifier) => ({ from: source.file.replace(/^src\//, ''), specifier, target: targetOf(source.file, specifier) })),
  )
  const arrows = Object.entries(table.folders).flatMap(([folder, allowed]) =>
    allowed
      .filter((other) => !uses.some(({ from, target }) => folderOf(from) === folder && target !== undefined && folderOf(target) === other))
      .map((other) => `${folder} → ${other}`),
  )
  const packages = Object.entries(table.adapters).flatMap(([name, places]) =>
    places.filter((place) => !uses.some(({ from, specifier }) => isWithin(from, place) && packageOf(specifier) === name)).map((place) => `${place} → ${name}`),
  )
  return [...arrows, ...packages]
}

/** The folders of a circle in the table, if there is one. */
export function circle(table: Borders['folders']): readonly string[] | undefined {
  const safe = new Set<string>()
  const visit = (folder: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder]
    if (safe.has(folder)) return undefined
    for (const other of table[folder] ?? []) {
      const found = visit(other, [...path, folder])
      if (found) return found
    }
    safe.add(folder)
    return undefined
  }
  return Object.keys(table)
    .map((folder) => visit(folder, []))
    .find((found) => found !== undefined)
}
