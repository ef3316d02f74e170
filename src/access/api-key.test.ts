import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeApiKey, parseApiKey } from './api-key.ts'

test('a new key has the documented form and is recognised with its id and the hash of its secret', () => {
  const { id, secretHash, text } = makeApiKey()
  assert.match(text, /^psk_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/)
  assert.deepEqual(parseApiKey(text), { id, secretHash })
  assert.ok(!text.includes(secretHash) && text.includes(id))
})

test('two keys have nothing in common but the prefix', () => {
  const [a, b] = [makeApiKey(), makeApiKey()]
  assert.notEqual(a.id, b.id)
  assert.notEqual(a.secretHash, b.secretHash)
})

test('random bytes from 248 on are dropped, so that no digit is likelier than another', () => {
  let calls = 0
  const { text } = makeApiKey((bytes) => new Uint8Array(bytes).fill(calls++ === 0 ? 255 : 61))
  assert.match(text, /^psk_live_z{12}_z{32}/)
})

test('every key with one changed character is refused without knowing any key', () => {
  const { text } = makeApiKey()
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('a', 'Z', '0', '9', '_', '-', '.', ' ', 'é'), (at, char) => {
      fc.pre(text[at] !== char)
      assert.equal(parseApiKey(text.slice(0, at) + char + text.slice(at + 1)), undefined)
    }),
  )
})

test('arbitrary text is no key', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseApiKey(text) === undefined))
})
