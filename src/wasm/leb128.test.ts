import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, integer, property } from 'fast-check'
import { ByteWriter } from './byte-writer.ts'
import { readSigned, readUnsigned, writeSigned, writeUnsigned } from './leb128.ts'

const written = (write: (writer: ByteWriter, value: number) => void, value: number): Uint8Array => {
  const writer = new ByteWriter()
  write(writer, value)
  return writer.toBytes()
}

test('an unsigned number comes back as it was written, in as many bytes', () => {
  assertProperty(
    property(integer({ min: 0, max: 0xffff_ffff }), (value) => {
      const bytes = written(writeUnsigned, value)
      assert.deepEqual(readUnsigned(bytes), { value, next: bytes.length })
    }),
    { examples: [[0], [127], [128], [0x7fff_ffff], [0x8000_0000], [0xffff_ffff]] },
  )
})

test('a signed number comes back as it was written, in as many bytes', () => {
  assertProperty(
    property(integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (value) => {
      const bytes = written(writeSigned, value)
      assert.deepEqual(readSigned(bytes), { value, next: bytes.length })
    }),
    { examples: [[0], [-1], [63], [64], [-64], [-65], [0x7fff_ffff], [-0x8000_0000]] },
  )
})

test('the examples of the DWARF specification are written as it writes them', () => {
  assert.deepEqual([...written(writeUnsigned, 624485)], [0xe5, 0x8e, 0x26])
  assert.deepEqual([...written(writeSigned, -123456)], [0xc0, 0xbb, 0x78])
})

test('numbers beyond 32 bits, fractions and NaN are refused', () => {
  for (const value of [-1, 2 ** 32, 0.5, NaN]) assert.throws(() => written(writeUnsigned, value), RangeError)
  for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) assert.throws(() => written(writeSigned, value), RangeError)
})

test('a number that does not end is refused', () => {
  assert.throws(() => readUnsigned(Uint8Array.of(0x80, 0x80)), RangeError)
  assert.throws(() => readSigned(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80)), RangeError)
})
