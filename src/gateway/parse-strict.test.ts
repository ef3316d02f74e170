import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServingError } from '../contracts/error.ts'
import { parseStrict, requireJsonType } from './parse-strict.ts'

const parse = (text: string): unknown => parseStrict(Buffer.from(text))

function refusal(body: string | Uint8Array): { readonly code: string; readonly message: string; readonly pointers: readonly string[] } {
  try {
    parseStrict(Buffer.from(body))
  } catch (error) {
    assert.ok(error instanceof ServingError)
    return { code: error.code, message: error.message, pointers: error.places?.map(({ pointer }) => pointer) ?? [] }
  }
  throw new Error('was accepted')
}

const hasExtremes = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(hasExtremes)
    : typeof value === 'object' && value !== null
      ? Object.entries(value).some(([name, inside]) => name === '__proto__' || hasExtremes(inside))
      : typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)

test('what JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      fc.pre(!hasExtremes(value))
      const text = JSON.stringify(value)
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})

test('a text that JSON.parse refuses is refused as malformed_json, whatever it is', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '"a"', '1', '-', '.', 'e', '01', 'tru', 'null', ' ', '\n', '\u0001', 'é')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      try {
        JSON.parse(text)
      } catch {
        assert.equal(refusal(text).code, 'malformed_json')
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a field that is named twice is refused with its place, in any spelling and at any depth', () => {
  assert.deepEqual(refusal('{"a":1,"a":1}').pointers, ['/a'])
  assert.deepEqual(refusal('{"a":{"b":[{"c":1,"\\u0063":2}]}}').pointers, ['/a/b/0/c'])
  assert.deepEqual(refusal('{"a/b":1,"x":{"q":"}{:\\"","~":1,"~":2},"a/b":2}').pointers, ['/x/~0', '/a~1b'])
  assert.equal(refusal('{"a":1,"a":1}').code, 'malformed_json')
})

test('duplicates are found wherever a field is written again', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.integer(), { minKeys: 1, maxKeys: 8 }), fc.nat(), (fields, pick) => {
      fc.pre(!Object.hasOwn(fields, '__proto__'))
      const names = Object.keys(fields)
      const again = names[pick % names.length] as string
      const text = `${JSON.stringify(fields).slice(0, -1)},${JSON.stringify(again)}:0}`
      assert.equal(refusal(text).code, 'malformed_json')
    }),
  )
})

test('a field that could reach a prototype is unknown_field, plain or escaped; other names of Object are plain names', () => {
  assert.deepEqual(refusal('{"features":{"__proto__":1}}'), {
    code: 'unknown_field',
    message: '/features/__proto__ is not a field',
    pointers: ['/features/__proto__'],
  })
  assert.equal(refusal('{"\\u005f_proto__":{"polluted":1}}').code, 'unknown_field')
  assert.equal(({} as { polluted?: number }).polluted, undefined)
  assert.deepEqual(Object.keys(parse('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object), ['constructor', 'toString', 'hasOwnProperty'])
})

test('numbers that would not survive are refused: infinite ones, those that become zero, and integers that lose digits', () => {
  assert.deepEqual(refusal('{"features":{"a":1e999,"b":-1e999}}'), {
    code: 'non_finite_feature',
    message: '/features/a must be a finite number (float64); /features/b must be a finite number (float64)',
    pointers: ['/features/a', '/features/b'],
  })
  assert.equal(refusal('{"a":9007199254740993}').code, 'validation_failed')
  assert.deepEqual(refusal('{"a":9007199254740993,"b":{"__proto__":1}}').pointers, ['/a', '/b/__proto__'])
  assert.deepEqual(refusal(`[${'9'.repeat(400)}]`).pointers, ['/0'])
  assert.deepEqual(refusal(`{"a":[0,-1e-400,0.${'0'.repeat(400)}1]}`), {
    code: 'validation_failed',
    message: '/a/1 must be 0, or a number that float64 does not take for 0; /a/2 must be 0, or a number that float64 does not take for 0',
    pointers: ['/a/1', '/a/2'],
  })
  assert.deepEqual(
    parse('[9007199254740991,0.1234567890123456789,-0,0e-400,0.000000000000000000,5e-324,1.7976931348623157e308]'),
    [9007199254740991, 0.12345678901234568, -0, 0, 0, 5e-324, 1.7976931348623157e308],
  )
})

test('NaN, Infinity and other inventions are malformed with the position and a hint', () => {
  assert.match(refusal('{"price":NaN}').message, /^At character 9 .*send null/)
  assert.match(refusal('{"price":-Infinity}').message, /no NaN or Infinity/)
  assert.match(refusal("{'price':1}").message, /At character 1 a quoted field name/)
  assert.match(refusal('{"a":1}x').message, /the end of the body/)
  assert.match(refusal('{"a":1').message, /the body ends/)
  assert.match(refusal('[1,]').message, /At character 3 a value/)
  assert.match(refusal('{"a":01}').message, /a comma or }/)
})

test('bytes that are no UTF-8, a byte order mark and an empty body are refused each in its own words', () => {
  assert.match(refusal(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)).message, /UTF-8/)
  assert.match(refusal(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)).message, /UTF-8/)
  assert.match(refusal('\ufeff{}').message, /byte order mark/)
  assert.match(refusal('').message, /empty/)
})

test('nesting is refused before anything is built from it', () => {
  assert.equal(JSON.stringify(parse('['.repeat(32) + ']'.repeat(32))).length, 64)
  assert.match(refusal('['.repeat(33) + ']'.repeat(33)).message, /deeper than 32/)
  const bomb = '{"a":'.repeat(180_000)
  const before = performance.now()
  assert.match(refusal(bomb).message, /deeper than 32/)
  assert.ok(performance.now() - before < 50, 'decoding and 32 levels, not 180,000')
})

test('brackets and quotes inside strings are text', () => {
  const value = { a: '['.repeat(100), b: '"\\"}{', 'c:d': '\\\\', e: ['\\'] }
  assert.deepEqual(parse(JSON.stringify(value)), value)
})

test('only JSON in UTF-8 is taken', () => {
  for (const good of ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"']) requireJsonType(good)
  for (const bad of [undefined, 'text/plain', 'application/json; charset=utf-16', 'application/jsonx', 'application/json; boundary=x'])
    assert.throws(() => requireJsonType(bad), { code: 'unsupported_media_type' })
})
