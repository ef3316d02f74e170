import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeApiKey } from './api-key.ts'
import { KeyRing, type StoredKey } from './key-ring.ts'

const stored = (overrides: Partial<StoredKey> = {}): { readonly key: StoredKey; readonly text: string } => {
  const { id, secretHash, text } = makeApiKey()
  return { key: { id, name: 'desk', secretHash, scopes: ['predict'], createdAt: 0, ...overrides }, text }
}

test('a stored key is verified by its text, again and again', () => {
  const { key, text } = stored()
  const ring = new KeyRing([key])
  assert.deepEqual(ring.verify(text), { id: key.id, scopes: new Set(['predict']) })
  assert.equal(ring.verify(text), ring.verify(text))
})

test('an unknown id and a wrong secret get the same refusal', () => {
  const { key } = stored()
  const other = makeApiKey()
  const wrongSecret = new KeyRing([{ ...key, id: other.id }])
  const messages = [new KeyRing([]), wrongSecret].map((ring) => {
    try {
      ring.verify(other.text)
    } catch (error) {
      return String(error)
    }
    return 'verified'
  })
  assert.match(messages[0] as string, /not known/)
  assert.equal(messages[0], messages[1])
  assert.throws(() => wrongSecret.verify(other.text), { code: 'auth_invalid_key' })
})

test('a mistyped key is told from an unknown one', () => {
  const { key, text } = stored()
  assert.throws(() => new KeyRing([key]).verify(`${text.slice(0, -1)}!`), { code: 'auth_malformed' })
})

test('a key that is gone stops working at once although it was remembered', () => {
  const { key, text } = stored()
  const ring = new KeyRing([key])
  ring.verify(text)
  ring.replace([])
  assert.throws(() => ring.verify(text), { code: 'auth_invalid_key' })
})

test('more keys than are remembered all keep working', () => {
  const many = Array.from({ length: 1_100 }, () => stored())
  const ring = new KeyRing(many.map(({ key }) => key))
  for (const { key, text } of [...many, ...many]) assert.equal(ring.verify(text).id, key.id)
})

test("the operator's own admin key has every scope, and others are still refused", () => {
  const ring = new KeyRing([], 'a-secret-of-the-operator')
  assert.ok(ring.verify('a-secret-of-the-operator').scopes.has('ops:read'))
  assert.throws(() => ring.verify('a-secret-of-the-operatoR'), { code: 'auth_malformed' })
})
