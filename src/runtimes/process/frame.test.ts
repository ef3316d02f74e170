import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import * as fc from 'fast-check'
import { encodeFrame, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import type { Tensor } from './tensor.ts'

const words = fc.string({ maxLength: 12 })
const dataOf = fc.oneof(
  fc.array(fc.float(), { maxLength: 20 }).map((values) => Float32Array.from(values)),
  fc.array(fc.double(), { maxLength: 20 }).map((values) => Float64Array.from(values)),
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 }).map((values) => BigInt64Array.from(values)),
)
const tensors: fc.Arbitrary<Tensor[]> = fc.array(
  fc.record({ name: words, data: dataOf }).map(({ name, data }) => ({ name, data, shape: [data.length] })),
  { maxLength: 4 },
)
const until = fc.double({ noNaN: true, min: 0, max: 1e15 })
const message = fc.record({ kind: words, id: fc.nat(), until }, { noNullPrototype: true })
const frames: fc.Arbitrary<Frame[]> = fc.array(fc.record({ message, tensors }, { noNullPrototype: true }), { maxLength: 4 })

/** A frame with a header and a body of one's choice. */
function rawFrame(header: unknown, tail: Uint8Array = new Uint8Array(0)): Buffer {
  const head = encode(header)
  const start = Math.ceil(head.length / 8) * 8
  const bytes = Buffer.alloc(8 + start + tail.length)
  bytes.writeUInt32LE(start + tail.length, 0)
  bytes.writeUInt32LE(head.length, 4)
  bytes.set(head, 8)
  bytes.set(tail, 8 + start)
  return bytes
}
const crashed = { name: 'ServingError', code: 'worker_crashed' }

test('frames arrive as they were sent, however the bytes are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame)))
      const reader = new FrameReader()
      const got: Frame[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const end = at + (cuts[turn % cuts.length] as number)
        got.push(...reader.push(bytes.subarray(at, end)))
        at = end
      }
      assert.deepEqual(got, sent)
    }),
  )
})

test('bytes of chance give frames or one stated refusal, never another error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (noise, headerBytes) => {
      const prefix = Buffer.alloc(8)
      prefix.writeUInt32LE(noise.length, 0)
      prefix.writeUInt32LE(headerBytes, 4)
      try {
        new FrameReader(1_000).push(Buffer.concat([prefix, noise]))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'worker_crashed')
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a frame with one byte changed gives a frame or the stated refusal', () => {
  const whole = encodeFrame({ message: { kind: 'call', id: 7 }, tensors: [{ name: 'rows', shape: [2, 3], data: new Float32Array(6) }] })
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Uint8Array.from(whole)
      bytes[at] = byte
      try {
        new FrameReader(10_000).push(bytes)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'worker_crashed')
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a frame beyond the limit is refused on both sides, by the reader before its body comes', () => {
  const frame: Frame = { message: {}, tensors: [{ name: 'rows', shape: [100], data: new Float64Array(100) }] }
  assert.throws(() => encodeFrame(frame, 800), { name: 'ServingError', code: 'batch_too_large' })
  assert.throws(() => new FrameReader(800).push(encodeFrame(frame).subarray(0, 8)), crashed)
})

for (const [what, bytes] of [
  ['an empty header', Buffer.alloc(16)],
  ['a header longer than the body', Buffer.from([8, 0, 0, 0, 9, 0, 0, 0])],
  ['a header that is no pair', rawFrame({ kind: 'call' })],
  ['a message that is no record', rawFrame([[], []])],
  ['tensors that are no list', rawFrame([{}, {}])],
  ['a tensor without a shape', rawFrame([{}, [['rows', 'float32']]])],
  ['a tensor of unknown type', rawFrame([{}, [['rows', 'constructor', [1]]]], new Uint8Array(8))],
  ['a negative dimension', rawFrame([{}, [['rows', 'float32', [-1, -2]]]], new Uint8Array(8))],
  ['a fractional dimension', rawFrame([{}, [['rows', 'float32', [1.5]]]], new Uint8Array(8))],
  ['a tensor longer than the frame', rawFrame([{}, [['rows', 'float64', [2]]]], new Uint8Array(8))],
  ['dimensions beyond all memory', rawFrame([{}, [['rows', 'float64', [2 ** 40, 2 ** 40]]]], new Uint8Array(8))],
  ['bytes after the last tensor', rawFrame([{}, [['rows', 'float32', [1]]]], new Uint8Array(16))],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => new FrameReader().push(bytes), crashed)
  })
}
