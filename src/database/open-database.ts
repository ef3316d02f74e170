import { mkdirSync } from 'node:fs'
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
  database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 2000; pragma foreign_keys = on')
  return database
}

/** Opens (or makes) the SQLite file, or `:memory:`, and brings its schema up to date. Throws `store_unavailable` when it cannot. */
export async function openDatabase(path: string): Promise<Database> {
  try {
    const database: Database = new Kysely<Tables>({ dialect: new SqliteDialect(openFile(path)) })
    const { error } = await new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } }).migrateToLatest()
    if (error !== undefined) throw error
    return database
  } catch (cause) {
    throw new ServingError('store_unavailable', `The metadata store cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
