import { hash, timingSafeEqual } from 'node:crypto'
import { ServingError } from '../contracts/error.ts'
import { parseApiKey } from './api-key.ts'
import { type Scope, scopes } from './scope.ts'

/** A key as it is stored: never its secret, only the SHA-256 of it (hex). */
export type StoredKey = {
  readonly id: string
  readonly name: string
  readonly secretHash: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
}

/** A key that proved itself. */
export type AccessKey = { readonly id: string; readonly scopes: ReadonlySet<Scope> }

type Entry = { readonly hash: Buffer; readonly key: AccessKey }

const rememberedAtMost = 1_024
const nobody = Buffer.alloc(32)
const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer')

/** All keys in memory: no request ever waits for the store. Keys that were verified are remembered by their exact text, so that hashing is paid once. */
export class KeyRing {
  #entries = new Map<string, Entry>()
  readonly #verified = new Map<string, AccessKey>()
  readonly #given: Entry | undefined
  /** `adminKey` is a key of the operator's own making, of any form, with every scope. */
  constructor(keys: readonly StoredKey[], adminKey?: string) {
    this.#given = adminKey === undefined ? undefined : { hash: sha256(adminKey), key: { id: 'admin', scopes: new Set(scopes) } }
    this.replace(keys)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Takes the given keys instead of all earlier ones; a key that is gone stops working with the next request. */
  replace(keys: readonly StoredKey[]): void {
    this.#entries = new Map(keys.map(({ id, secretHash, scopes }) => [id, { hash: Buffer.from(secretHash, 'hex'), key: { id, scopes: new Set(scopes) } }]))
    this.#verified.clear()
  }

  /** The key that the text proves. Throws `auth_malformed`, `auth_invalid_key`: an unknown id and a wrong secret get the same answer after the same work. */
  verify(text: string): AccessKey {
    return this.#verified.get(text) ?? this.#check(text)
  }

  #check(text: string): AccessKey {
    if (this.#given && timingSafeEqual(this.#given.hash, sha256(text))) return this.#given.key
    const parsed = parseApiKey(text)
    if (!parsed) throw new ServingError('auth_malformed', 'The API key is not complete or mistyped: its check digits do not fit. Keys look like psk_live_…')
    const entry = this.#entries.get(parsed.id)
    const same = timingSafeEqual(entry?.hash ?? nobody, Buffer.from(parsed.secretHash, 'hex'))
    if (!entry || !same) throw new ServingError('auth_invalid_key', 'The API key is not known to this server')
    if (this.#verified.size >= rememberedAtMost) this.#verified.clear()
    this.#verified.set(text, entry.key)
    return entry.key
  }
}
