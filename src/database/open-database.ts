import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { ServingError } from '../contracts/error.ts'
import { migrations } from './migrations.ts'
import { SqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'

/** The metadata store. */
export type Database = Kysely<Tables>

function openFile(path: string): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  // One process a folder: bars are journaled beside the database, and two writers would mix them. The system lifts the lock when a process dies.
  database.exec('pragma busy_timeout = 2000; pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on')
  database.exec('begin exclusive; commit')
  return database
}

/** What was committed lies in the log beside the file. SQLite itself would sync it on this thread, which takes some ms of a disk and now and then tens of them. */
async function syncLog(path: string): Promise<void> {
  if (path === ':memory:') return
  const log = await open(`${path}-wal`, 'r+')
  try {
    await log.datasync()
  } finally {
    await log.close()
  }
}

const isBusy = (cause: unknown): boolean => cause instanceof Error && 'errcode' in cause && cause.errcode === 5

function refusal(path: string, cause: unknown): ServingError {
  if (isBusy(cause))
    return new ServingError(
      'store_unavailable',
      `Another process uses the data folder ${dirname(path)}; end it, or choose another folder: --set data.dir=FOLDER`,
      { cause },
    )
  return new ServingError('store_unavailable', `The metadata store cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}

/** Opens (or makes) the SQLite file, or `:memory:`, for this process alone, and brings its schema up to date. Throws `store_unavailable` when it cannot. */
export async function openDatabase(path: string): Promise<Database> {
  try {
    const database: Database = new Kysely<Tables>({ dialect: new SqliteDialect(openFile(path), () => syncLog(path)) })
    const { error } = await new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } }).migrateToLatest()
    if (error !== undefined) throw error
    return database
  } catch (cause) {
    throw refusal(path, cause)
  }
}
