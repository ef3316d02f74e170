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

const refusalOf = (check: () => unknown): string => {
  try {
    check()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('a value of a list that is none of its words is told which words there are', () => {
  const includes = compileCheck(Type.Object({ include: Type.Array(Type.Enum(['features', 'timing'])) }))
  assert.equal(
    refusalOf(() => includes.check({ include: ['timing', 'timings'] })),
    '/include/1 must be one of features, timing',
  )
})

test('what is wrong in two ways that are said in the same words is said once', () => {
  const moments = compileCheck(Type.Object({ timestamp: Type.String({ minLength: 20, format: 'date-time' }) }))
  assert.equal(
    refusalOf(() => moments.check({ timestamp: '2024-01-15T10:30' })),
    '/timestamp must be an RFC 3339 instant with a zone, e.g. 2024-01-15T10:30:00Z',
  )
})
