import type { IncomingHttpHeaders } from 'node:http'
import type { AccessKey, KeyRing } from '../../access/key-ring.ts'
import type { Scope } from '../../access/scope.ts'
import { ServingError } from '../../contracts/error.ts'

const bearer = /^bearer +([^ ]+) *$/i

function bearerToken(authorization: string): string {
  const token = bearer.exec(authorization)?.[1]
  if (token === undefined) throw new ServingError('auth_malformed', 'The Authorization header must be: Bearer <key>')
  return token
}

function keyText(headers: IncomingHttpHeaders): string {
  const direct = headers['x-api-key']
  const { authorization } = headers
  if (direct === undefined && authorization === undefined)
    throw new ServingError('auth_missing', 'Send an API key as X-API-Key: <key> or Authorization: Bearer <key>')
  if (typeof direct !== 'string') return bearerToken(authorization ?? '')
  if (authorization !== undefined && bearerToken(authorization) !== direct)
    throw new ServingError('auth_malformed', 'X-API-Key and Authorization carry different keys; send one')
  return direct
}

/** The key of a request, which must have the scope. Throws `auth_missing`, `auth_malformed`, `auth_invalid_key`, `scope_missing`. */
export function authenticate(headers: IncomingHttpHeaders, scope: Scope, keys: Pick<KeyRing, 'verify'>): AccessKey {
  const key = keys.verify(keyText(headers))
  if (!key.scopes.has(scope)) throw new ServingError('scope_missing', `This key does not have the scope ${scope}`)
  return key
}

/** True if the request carries a valid key with the scope; a key that is not valid counts as none. */
export function hasScope(headers: IncomingHttpHeaders, scope: Scope, keys: Pick<KeyRing, 'verify'>): boolean {
  try {
    return authenticate(headers, scope, keys).scopes.has(scope)
  } catch (error) {
    if (error instanceof ServingError) return false
    throw error
  }
}
