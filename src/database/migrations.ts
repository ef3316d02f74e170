import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Changes of the schema by name, in order; a migration that was released is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_models_and_keys': {
    async up(database: Kysely<unknown>) {
      const { schema } = database
      await schema
        .createTable('verifications')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('rows', 'integer', (column) => column.notNull())
        .addColumn('max_abs_error', 'double precision', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute()
      await schema
        .createTable('labels')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('pinned', 'integer', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('labels_key', ['name', 'label'])
        .execute()
      await schema
        .createTable('deployments')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addColumn('detail', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute()
      await schema
        .createTable('api_keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('secret_hash', 'text', (column) => column.notNull())
        .addColumn('scopes', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute()
    },
  },
  '0002_identity_of_versions': {
    async up(database: Kysely<unknown>) {
      await database.schema
        .createTable('versions')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('versions_key', ['name', 'version'])
        .execute()
      // What was verified before versions had an identity: of several under one name, the last one is the one that serves.
      await sql`insert into versions (name, version, digest, at)
        select name, version, digest, max(at) from verifications group by name, version`.execute(database)
    },
  },
}
