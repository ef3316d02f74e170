import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Duck } from './duckdb.ts'
import { durableRename } from './durable-rename.ts'
import { type ColumnSpec, literal, quoted, readableColumn, storedColumns } from './table.ts'

/** The rows that a file has, as blocks would hold them, and how many; columns that an older release did not write are null. Of a file that is not there: none. */
export async function sealedRows(duck: Duck, path: string, columns: readonly ColumnSpec[]): Promise<{ readonly rows: number; readonly select: string }> {
  if (!(await stat(path).catch(() => undefined))) return { rows: 0, select: '' }
  const source = `read_parquet(${literal(path)}, hive_partitioning = false)`
  const types = new Map((await duck.rows(`DESCRIBE SELECT * FROM ${source}`)) as readonly (readonly [string, string])[])
  const [[rows]] = (await duck.rows(`SELECT CAST(count(*) AS DOUBLE) FROM ${source}`)) as [[number]]
  const select = columns.map(({ name }) => `${types.has(name) ? readableColumn(name, types.get(name) as string) : 'CAST(NULL AS DOUBLE)'} AS ${quoted(name)}`)
  return { rows, select: `SELECT ${select.join(', ')} FROM ${source}` }
}

/** Writes rows (what stands behind FROM) to a file, whole or not at all, with a text about it in its metadata. */
export async function writeRows(
  duck: Duck,
  path: string,
  { rows, columns, about }: { readonly rows: string; readonly columns: readonly ColumnSpec[]; readonly about: string },
): Promise<void> {
  const unfinished = `${path}.unfinished`
  await mkdir(dirname(path), { recursive: true })
  await duck.run(
    `COPY (SELECT ${storedColumns(columns)} FROM ${rows}) TO ${literal(unfinished)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {presage: ${literal(about)}})`,
  )
  await durableRename(unfinished, path)
}

/** Removes the files below a folder whose names say so; gives their number. */
export async function removeFiles(folder: string, isGone: (name: string) => boolean): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const gone = entries.filter((entry) => entry.isFile() && isGone(entry.name))
  for (const { parentPath, name } of gone) await rm(join(parentPath, name))
  return gone.length
}
