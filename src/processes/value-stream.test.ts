import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { ValueStream, valueParts } from './value-stream.ts'

const bytesOf = (...values: unknown[]): Uint8Array => Buffer.concat(values.flatMap((value) => [...valueParts(value)]))

/** What comes out when the bytes arrive in pieces of these sizes, over and over. */
function read(bytes: Uint8Array, sizes: readonly number[]): unknown[] {
  const values: unknown[] = []
  const stream = new ValueStream((value) => values.push(value))
  for (let from = 0, i = 0; from < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number
    stream.push(bytes.subarray(from, from + size))
    from += size
  }
  return values
}

const arrays = fc.oneof(fc.float64Array(), fc.uint8Array(), fc.int32Array(), fc.uint16Array(), fc.bigInt64Array())
const plain = <T>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(parts, { noNullPrototype: true })
const values = fc.oneof(
  fc.jsonValue(),
  arrays,
  plain({ name: fc.string(), array: arrays, inner: plain({ more: fc.array(arrays), none: fc.constant(undefined) }) }),
)

test('values come out as they went in, in whatever pieces the bytes arrive', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, sizes) =>
      assert.deepEqual(read(bytesOf(...sent), sizes), sent),
    ),
  )
})

test('an array that is named twice stays one, and only its own part of a buffer travels', () => {
  const part = new Float64Array(1_000).subarray(10, 12)
  const bytes = bytesOf({ a: part, b: part })
  const [{ a, b }] = read(bytes, [7]) as [{ a: Float64Array; b: Float64Array }]
  assert.equal(a, b)
  assert.equal(a.buffer.byteLength, 16)
  assert.ok(bytes.length < 100)
})

test('what cannot be sent is refused by its sender, and foreign bytes by their reader', () => {
  assert.throws(() => valueParts(new DataView(new ArrayBuffer(8))), /DataView cannot be sent/)
  assert.throws(() => valueParts({ act: () => 1 }), /could not be cloned/)
  assert.throws(() => read(Buffer.from('GET / HTTP/1.1\r\n'.repeat(4)), [100]), RangeError)
  assert.throws(() => read(Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.from('HTTP')]), [100]))
})

test('a value is kept by whoever takes it, and by nobody else', async () => {
  setFlagsFromString('--expose-gc')
  const taken: WeakRef<ArrayBufferLike>[] = []
  const stream = new ValueStream((value) => void taken.push(new WeakRef((value as Float64Array).buffer)))
  const send = (): void => {
    for (const part of valueParts(new Float64Array(1_000))) stream.push(part)
  }
  send()
  const collect = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 5; turn += 1) {
    await setImmediate() // A WeakRef holds what it was made of until the end of the turn.
    collect()
  }
  assert.ok(taken[0]?.deref() === undefined)
  send()
  assert.equal(taken.length, 2)
})
