import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../contracts/decision.ts'
import { DecisionRing } from './decision-ring.ts'
import { renderDecision } from './render-decision.ts'
import { makeDecision } from './testing/make-decision.ts'

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const text = fc.string({ unit: 'binary', maxLength: 6 })
const guard = fc.record({
  guard: text,
  verdict: fc.constantFrom('pass' as const, 'warn' as const),
  value: fc.option(finite),
  limit: fc.option(finite),
  detail: text,
})
const prediction = fc.oneof(
  fc.record({ signal: fc.constantFrom('BUY' as const, 'HOLD' as const), confidence: finite, probability: finite }),
  fc.record({ signal: fc.constant('SELL' as const), confidence: finite, probability: finite, probabilities: fc.constant({ down: 0.7, up: 0.3 }) }),
  fc.record({ signal: fc.constant('HOLD' as const), confidence: finite, value: finite, unit: fc.constant('log_return') }),
)
const decision: fc.Arbitrary<Decision> = fc
  .record({
    requestId: text,
    request: fc.record({
      symbol: text,
      features: fc.dictionary(
        text.filter((name) => name !== '__proto__'),
        fc.option(finite),
        { noNullPrototype: true },
      ),
      model: text,
    }),
    label: fc.option(text, { nil: undefined }),
    barCloseTime: fc.option(fc.nat(), { nil: undefined }),
    vector: fc.constantFrom(2, 4, 6).chain((length) => fc.float64Array({ minLength: length, maxLength: length })),
    statuses: fc.constantFrom<Decision['statuses']>(['ok', 'ok'], ['warming', 'ok']),
    supplied: fc.constantFrom([], [1], [0, 1]),
    output: fc.float64Array({ minLength: 1, maxLength: 3, noNaN: true, noDefaultInfinity: true }),
    prediction,
    guards: fc.array(guard, { maxLength: 3 }),
    timings: fc.constantFrom<Decision['timings']>({ resolve: 1.5, features: 2, inference: 3 }, { inference: 0.1 }),
  })
  .map((parts) => makeDecision(parts))

test('whatever was kept before, a decision is shown as it was appended, to the byte', () => {
  const shown = (kept: Decision | undefined): string => JSON.stringify(kept && renderDecision(kept))
  fc.assert(
    fc.property(fc.array(decision, { maxLength: 30 }), (decisions) => {
      const ring = new DecisionRing({ decisions: 100, bytes: 100_000 })
      const all = decisions.map((each, i) => ({ ...each, id: `id-${i}` }))
      for (const each of all) ring.append(each)
      for (const each of all) assert.equal(shown(ring.get(each.id)), shown(each))
    }),
  )
})

test('later changes of what was appended do not reach what is kept', () => {
  const ring = new DecisionRing({ decisions: 10, bytes: 100_000 })
  const vector = Float64Array.of(1, 2)
  ring.append(makeDecision({ vector }))
  vector[0] = 7
  assert.deepEqual(ring.get(makeDecision().id)?.vector, Float64Array.of(1, 2))
})
