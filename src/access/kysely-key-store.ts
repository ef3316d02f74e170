import type { Database } from '../database/open-database.ts'
import type { StoredKey } from './key-ring.ts'
import type { KeyStore } from './key-store.ts'
import { isScope } from './scope.ts'

function scopesOf(text: string): StoredKey['scopes'] {
  const parsed: unknown = JSON.parse(text)
  return Array.isArray(parsed) ? parsed.filter((scope) => typeof scope === 'string').filter(isScope) : []
}

/** Keys in the metadata store. A scope that this version does not know is not granted. */
export function kyselyKeyStore(database: Database): KeyStore {
  return {
    async all() {
      const rows = await database.selectFrom('api_keys').selectAll().orderBy('created_at').execute()
      return rows.map(({ id, name, secret_hash, scopes, created_at }) => ({
        id,
        name,
        secretHash: secret_hash,
        scopes: scopesOf(scopes),
        createdAt: created_at,
      }))
    },
    async insert({ id, name, secretHash, scopes, createdAt }) {
      const row = { id, name, secret_hash: secretHash, scopes: JSON.stringify(scopes), created_at: createdAt }
      await database.insertInto('api_keys').values(row).execute()
    },
  }
}
