import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, double, property } from 'fast-check'
import { nextDown, ulpsBetween } from './adjacent-doubles.ts'

test('the next double down is one step below and nothing lies between', () => {
  assertProperty(
    property(double({ noNaN: true, min: -1.7e308 }), (x) => {
      const below = nextDown(x)
      assert.ok(below < x)
      assert.equal(ulpsBetween(x, below), 1)
      const middle = x === Infinity ? below : below / 2 + x / 2
      assert.ok(middle <= below || middle >= x)
    }),
    { examples: [[0], [-0], [5e-324], [-5e-324], [Infinity], [2.2250738585072014e-308]] },
  )
})

test('distances count across zero, equal numbers are 0 apart and NaN is near to nothing but NaN', () => {
  assert.deepEqual(
    [ulpsBetween(5e-324, -5e-324), ulpsBetween(0, -0), ulpsBetween(NaN, NaN), ulpsBetween(NaN, 1), ulpsBetween(1, 1 + 2 ** -52)],
    [2, 0, 0, Infinity, 1],
  )
})
