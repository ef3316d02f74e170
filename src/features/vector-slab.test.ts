import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { VectorSlab } from './vector-slab.ts'

test('vectors of a slab are zeros of the length asked for, and no two share a number', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(60), fc.nat(3_000)), { maxLength: 200 }), (lengths) => {
      const slab = new VectorSlab()
      const vectors = lengths.map((length, i) => {
        const vector = slab.take(length)
        assert.ok(vector.length === length && vector.every((value) => value === 0))
        return vector.fill(i + 1)
      })
      vectors.forEach((vector, i) => assert.ok(vector.every((value) => value === i + 1)))
    }),
  )
})
