import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Form, writeNumbers } from './form.ts'

const { tree } = fc.letrec<{ tree: object }>((tie) => ({
  tree: fc.dictionary(
    fc.string({ maxLength: 3 }).filter((name) => name !== '__proto__'),
    fc.oneof({ depthSize: 'small' }, fc.double(), fc.integer(), fc.string({ maxLength: 2 }), fc.constantFrom(null, true, false), tie('tree')),
    { noNullPrototype: true },
  ),
}))

function numbersIn(value: object): Float64Array {
  const numbers = new Float64Array(new Form(value).numbers)
  assert.equal(writeNumbers(value, numbers, 0), numbers.length)
  return numbers
}

test('a form filled with the numbers of a value is the value, in the order of its fields', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const form = new Form(value)
      assert.ok(form.fits(value))
      const again = form.fill(numbersIn(value).values())
      assert.deepEqual(again, value)
      assert.equal(JSON.stringify(again), JSON.stringify(value))
    }),
  )
})

test('whatever fits a form is made again from its own numbers', () => {
  fc.assert(
    fc.property(tree, tree, (one, other) => {
      const form = new Form(one)
      if (form.fits(other)) assert.equal(JSON.stringify(form.fill(numbersIn(other).values())), JSON.stringify(other))
    }),
  )
})

test('only numbers may differ', () => {
  const form = new Form({ a: 1, b: { c: 2 }, d: 'x', e: null })
  assert.ok(form.fits({ a: 7, b: { c: NaN }, d: 'x', e: null }))
  for (const other of [
    { a: 1, b: { c: 2 }, d: 'y', e: null },
    { a: 1, b: { c: 2 }, d: 'x', e: 0 },
    { a: null, b: { c: 2 }, d: 'x', e: null },
    { a: 1, b: { c: '2' }, d: 'x', e: null },
    { a: 1, b: 2, d: 'x', e: null },
    { a: undefined, b: { c: 2 }, d: 'x', e: null },
    { b: { c: 2 }, a: 1, d: 'x', e: null },
    { a: 1, b: { c: 2 }, d: 'x' },
    { a: 1, b: { c: 2 }, d: 'x', e: null, f: 1 },
  ])
    assert.ok(!form.fits(other), JSON.stringify(other))
})
