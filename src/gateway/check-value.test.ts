import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { compileCheck } from './check-value.ts'

const bodies = compileCheck(Type.Object({ symbol: Type.String(), limit: Type.Optional(Type.Integer()) }, { additionalProperties: false }))

for (const [what, value, pointer, got] of [
  ['a body that is null', null, '', null],
  ['a body that is a list', [1], '', 'array of 1'],
  ['a field that is null', { symbol: null }, '/symbol', null],
  ['a field of another type', { symbol: 'BTC/USDT', limit: 1.5 }, '/limit', 1.5],
] as const)
  test(`${what} is refused with what stood there`, () => {
    assert.throws(
      () => bodies.check(value),
      (error: { code?: string; places?: readonly { pointer: string; got?: unknown }[] }) => {
        const [place] = error.places ?? []
        assert.deepEqual([error.code, place?.pointer, place?.got], ['validation_failed', pointer, got])
        return true
      },
    )
  })
