import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { DecisionView } from '../contracts/decision-view.ts'
import { renderDecision } from './render-decision.ts'
import { makeDecision } from './testing/make-decision.ts'

test('a decision is rendered with its inputs by name, null where they were missing', () => {
  assert.deepEqual(renderDecision(makeDecision()), {
    id: '0192f6c1-0000-7000-8000-000000000000',
    request_id: 'request-1',
    key_id: 'key-1',
    at: '2024-01-15T10:30:01Z',
    request: { symbol: 'BTC/USDT', features: { price: 45_000 } },
    model: { name: 'momentum', version: '1.2.3', digest: 'bundle-digest' },
    label: 'latest',
    as_of: '2024-01-15T10:30:00Z',
    clock: 'replay',
    bar_close_time: '2024-01-15T10:30:00Z',
    origin: null,
    feature_set_digest: 'set-digest',
    inputs: [
      { id: 'close@1m', value: 45_000, status: 'ok', source: 'caller' },
      { id: 'rsi(14)@1m', value: null, status: 'warming', source: 'store' },
    ],
    output: [0.78],
    prediction: { signal: 'BUY', confidence: 0.85, probability: 0.78 },
    degraded: true,
    reason: 'optional_inputs_missing',
    served_by: 'primary',
    fallback: null,
    guards: [{ guard: 'optional_inputs', verdict: 'warn', value: 1, limit: 0, detail: 'Optional inputs without a value' }],
    timings_us: { resolve: 1.5, features: 2, inference: 3 },
    variant: null,
    experiment: null,
  })
})

test('a window is rendered by column, oldest first, and the newest value is the value', () => {
  const [close, rsi] = renderDecision(makeDecision({ vector: Float64Array.of(1, NaN, 2, 20, 3, 30), supplied: [] })).inputs
  assert.deepEqual([close?.value, close?.window, rsi?.value, rsi?.window], [3, [1, 2, 3], 30, [null, 20, 30]])
})

test('null from the caller is a missing input of the caller', () => {
  const [input] = renderDecision(makeDecision({ vector: Float64Array.of(NaN, 1) })).inputs
  assert.deepEqual(input, { id: 'close@1m', value: null, status: 'missing', source: 'caller' })
})

test('what is rendered fits the published schema, before and after JSON', () => {
  for (const decision of [makeDecision(), makeDecision({ vector: new Float64Array(6), label: undefined, reason: undefined, barCloseTime: undefined })]) {
    const view = renderDecision(decision)
    assert.deepEqual([...Value.Errors(DecisionView, view)], [])
    assert.deepEqual(JSON.parse(JSON.stringify(view)), view)
  }
})
