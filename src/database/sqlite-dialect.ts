import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** One connection of node:sqlite as Kysely sees it. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  constructor(database: DatabaseSync) {
    this.#database = database
  }
  executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const statement: StatementSync = this.#database.prepare(sql)
    const values = parameters as readonly SQLInputValue[]
    if (statement.columns().length > 0) return Promise.resolve({ rows: statement.all(...values) as Row[] })
    const { changes, lastInsertRowid } = statement.run(...values)
    return Promise.resolve({ rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) })
  }
  // oxlint-disable-next-line require-yield -- part of Kysely's interface; nothing here streams
  async *streamQuery<Row>(): AsyncGenerator<QueryResult<Row>> {
    throw new Error('node:sqlite reads whole results')
  }
}

/** Hands the one connection to one caller at a time. A transaction settles once it is on the disk, single statements once the system has them. */
class SqliteDriver implements Driver {
  readonly #database: DatabaseSync
  readonly #toDisk: () => Promise<void>
  readonly #connection: SqliteConnection
  #last: Promise<void> = Promise.resolve()
  #free: (() => void) | undefined
  constructor(database: DatabaseSync, toDisk: () => Promise<void>) {
    this.#database = database
    this.#toDisk = toDisk
    this.#connection = new SqliteConnection(database)
  }
  init(): Promise<void> {
    return Promise.resolve()
  }
  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    this.#free = resolve
    return this.#connection
  }
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
    await this.#toDisk()
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
  releaseConnection(): Promise<void> {
    this.#free?.()
    return Promise.resolve()
  }
  destroy(): Promise<void> {
    this.#database.close()
    return Promise.resolve()
  }
}

/** Kysely over the SQLite that comes with Node; `toDisk` settles when all that was committed would outlive a loss of power. */
export class SqliteDialect implements Dialect {
  readonly #database: DatabaseSync
  readonly #toDisk: () => Promise<void>
  constructor(database: DatabaseSync, toDisk: () => Promise<void>) {
    this.#database = database
    this.#toDisk = toDisk
  }
  createDriver(): Driver {
    return new SqliteDriver(this.#database, this.#toDisk)
  }
  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }
  createAdapter(): SqliteAdapter {
    return new SqliteAdapter()
  }
  createIntrospector(database: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(database)
  }
}
