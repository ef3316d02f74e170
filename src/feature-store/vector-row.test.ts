import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOfRow, contentOf, decodeRow, encodeRow, type VectorRow } from './vector-row.ts'

const digest = 'ab'.repeat(32)
const shape = { digest, allOk: ['ok', 'ok', 'ok'] } as const
const makeRow = (more: Partial<VectorRow> = {}): VectorRow => ({
  fence: 1_700_000_000_000,
  sequence: 7,
  closeTime: 1_704_067_260_000,
  receivedTime: 1_704_067_260_012,
  run: 400,
  clock: 'live',
  known: true,
  nextOpen: 1_704_067_260_000,
  filled: false,
  values: Float64Array.of(1.5, -0, Number.MIN_VALUE),
  reading: { complete: true, statuses: shape.allOk, origin: 1_704_000_000_000 },
  ...more,
})
const bitsOf = (values: Float64Array) => [...new BigUint64Array(values.slice().buffer)]

test('a row comes back as it went, every value bit for bit', () => {
  const doubles = fc.float64Array({ minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(doubles, fc.record({ isReplay: fc.boolean(), known: fc.boolean(), pause: fc.nat() }), (values, { isReplay, known, pause }) => {
      const row = makeRow({ values, clock: isReplay ? 'replay' : 'live', known, nextOpen: makeRow().closeTime + pause })
      const bytes = encodeRow(row, shape)
      assert.equal(bytes.length, bytesOfRow(3) + (pause === 0 ? 0 : 8))
      const { values: read, ...rest } = decodeRow(bytes, shape) as VectorRow
      assert.deepEqual(bitsOf(read), bitsOf(values))
      assert.deepEqual({ ...rest, values }, row)
    }),
  )
})

test('a row with gaps keeps why, and how far its columns have warmed up', () => {
  const reading = {
    complete: false,
    statuses: ['warming', 'flat', 'partner-missing'],
    warming: new Map([[0, '12/280']]),
    reasons: new Map([[1, 'flat']]),
  } as const
  for (const pause of [0, 63_000_000]) {
    const row = makeRow({ reading, nextOpen: makeRow().closeTime + pause })
    assert.deepEqual(decodeRow(encodeRow(row, shape), shape)?.reading, reading)
  }
})

test('no damage of a single byte goes unnoticed, and no row is taken for one of another set', () => {
  const bytes = encodeRow(makeRow(), shape)
  for (let at = 0; at < bytes.length; at++)
    for (const flip of [1, 128]) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ flip
      assert.equal(decodeRow(damaged, shape), undefined, `byte ${at}`)
    }
  for (const length of [0, 3, bytes.length - 1]) assert.equal(decodeRow(bytes.subarray(0, length), shape), undefined)
  assert.equal(decodeRow(bytes, { ...shape, digest: 'cd'.repeat(32) }), undefined)
})

test('the content of a row is what it says, not its version or receipt', () => {
  const content = (more: Partial<VectorRow>) => contentOf(encodeRow(makeRow(more), shape))
  assert.equal(content({ fence: 2, sequence: 1, receivedTime: 5 }), content({}))
  assert.notEqual(content({ values: Float64Array.of(1.5, 0, Number.MIN_VALUE) }), content({}))
  assert.notEqual(content({ run: 401 }), content({}))
})
