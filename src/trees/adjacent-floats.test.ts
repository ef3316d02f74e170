import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, float, property } from 'fast-check'
import { floatUlpsBetween, nextDownFloat } from './adjacent-floats.ts'

const largest = (2 - 2 ** -23) * 2 ** 127
const smallest = 2 ** -149

test('the next float32 number down is one step below and nothing lies between', () => {
  assertProperty(
    property(float({ noNaN: true, min: -largest }), (x) => {
      const below = nextDownFloat(x)
      assert.ok(below < x)
      assert.equal(Math.fround(below), below)
      assert.equal(floatUlpsBetween(x, below), 1)
    }),
    { examples: [[0], [-0], [smallest], [-smallest], [Infinity], [1.1754943508222875e-38], [-largest]] },
  )
  assert.deepEqual([nextDownFloat(Infinity), nextDownFloat(0), nextDownFloat(-0), nextDownFloat(-largest)], [largest, -smallest, -smallest, -Infinity])
})

test('distances count across zero, equal numbers are 0 apart and NaN is near to nothing but NaN', () => {
  assert.deepEqual(
    [floatUlpsBetween(smallest, -smallest), floatUlpsBetween(0, -0), floatUlpsBetween(NaN, NaN), floatUlpsBetween(NaN, 1), floatUlpsBetween(1, 1 + 2 ** -23)],
    [2, 0, 0, Infinity, 1],
  )
})
