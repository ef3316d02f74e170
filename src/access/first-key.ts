import { open } from 'node:fs/promises'
import type { Clock } from '../contracts/ports.ts'
import { makeApiKey } from './api-key.ts'
import type { KeyStore } from './key-store.ts'
import { scopes } from './scope.ts'

/** Writes a key to a file that only its owner can read (mode 0600, also when the file exists with another mode), with a line end. */
export async function writeKeyFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(`${text}\n`)
  } finally {
    await file.close()
  }
}

/** Makes the admin key, with every scope, when no key exists, writes it to `keyFile` and answers its text to be shown once; undefined when there are keys already. */
export async function makeFirstKey(store: KeyStore, options: { readonly clock: Clock; readonly keyFile: string }): Promise<string | undefined> {
  if ((await store.all()).length > 0) return undefined
  const { id, secretHash, text } = makeApiKey()
  await writeKeyFile(options.keyFile, text)
  await store.insert({ id, name: 'admin', secretHash, scopes: [...scopes], createdAt: options.clock.now() })
  return text
}
