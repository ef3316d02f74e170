import type { StoredKey } from './key-ring.ts'

/** Where keys are kept. `insert` of an id that exists throws. */
export interface KeyStore {
  all(): Promise<readonly StoredKey[]>
  insert(key: StoredKey): Promise<void>
}
