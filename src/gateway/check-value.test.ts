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

const refusalOf = (check: ReturnType<typeof compileCheck>, value: unknown): string => {
  try {
    return `${JSON.stringify(check.check(value))} is taken`
  } catch (error) {
    return (error as Error).message
  }
}

test('a word that is none of those there are is told with them', () => {
  const timeframes = compileCheck(Type.Object({ timeframe: Type.Enum(['1m', '5m']) }))
  assert.equal(refusalOf(timeframes, { timeframe: '7m' }), '/timeframe must be one of 1m, 5m')
})

test('what several checks say of one value is said once', () => {
  const moments = compileCheck(Type.Object({ timestamp: Type.String({ maxLength: 5, pattern: '^\\d+$' }) }))
  assert.equal(refusalOf(moments, { timestamp: 'yesterday' }), '/timestamp must be an RFC 3339 instant with a zone, e.g. 2024-01-15T10:30:00Z')
})
