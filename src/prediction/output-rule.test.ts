import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeOutputRule } from './output-rule.ts'
import { makeManifest, refusal } from './testing/in-memory.ts'

const base = makeManifest()

test('one output of two classes is the probability of the second; confidence is the reliability at it', () => {
  assert.deepEqual(makeOutputRule(base, 1)(Float64Array.of(0.75), false), { signal: 'BUY', confidence: 0.65, probability: 0.75 })
  assert.deepEqual(makeOutputRule(base, 2)(Float64Array.of(0.75, 0.25), false), { signal: 'SELL', confidence: 0.65, probability: 0.75 })
})

test('HOLD is as sure as acting would not pay', () => {
  const { signal, confidence } = makeOutputRule(base, 1)(Float64Array.of(0.5), false)
  assert.deepEqual([signal, confidence], ['HOLD', 0.6])
})

test('partial inputs use the partial table, or the full one when there is no other', () => {
  assert.equal(makeOutputRule(base, 1)(Float64Array.of(0.75), true).confidence, 0.4)
  const { partial: _, ...reliability } = base.output.reliability ?? assert.fail()
  assert.equal(makeOutputRule({ ...base, output: { ...base.output, reliability } }, 1)(Float64Array.of(0.75), true).confidence, 0.65)
})

test('calibration comes before the signal', () => {
  const rule = makeOutputRule({ ...base, output: { ...base.output, calibration: { kind: 'isotonic', x: [0, 1], y: [1, 0] } } }, 1)
  assert.equal(rule(Float64Array.of(0.75), false).signal, 'SELL')
})

test('the output row itself is never changed', () => {
  const row = Float64Array.of(0.75)
  makeOutputRule({ ...base, output: { ...base.output, calibration: { kind: 'platt', a: 3, b: 1 } } }, 1)(row, false)
  assert.deepEqual([...row], [0.75])
})

test('multiclass answers every class by name', () => {
  const output = { kind: 'multiclass' as const, classes: ['down', 'flat', 'up'] }
  const answer = makeOutputRule({ ...base, output }, 3)(Float64Array.of(0.1, 0.2, 0.7), false)
  assert.deepEqual(answer, { signal: 'BUY', confidence: 0.7, probability: 0.7, probabilities: { down: 0.1, flat: 0.2, up: 0.7 } })
})

test('regression answers its value with the unit, and even odds when nothing says how reliable it is', () => {
  const manifest = { ...base, output: { kind: 'regression' as const, unit: 'bps' }, signal: { buy: { value_at_least: 8 }, sell: { value_at_most: -8 } } }
  assert.deepEqual(makeOutputRule(manifest, 1)(Float64Array.of(9), false), { signal: 'BUY', confidence: 0.5, value: 9, unit: 'bps' })
  const reliability = { full: { probability: [8, 16], success: [0.5, 0.75] } }
  assert.equal(makeOutputRule({ ...manifest, output: { ...manifest.output, reliability } }, 1)(Float64Array.of(-12), false).confidence, 0.625)
})

for (const value of [NaN, Infinity, -Infinity, -0.1, 1.1]) {
  test(`an output of ${value} is refused, not answered`, () => {
    assert.throws(() => makeOutputRule(base, 1)(Float64Array.of(value), false), refusal('model_output_invalid'))
  })
}

test('rounding just outside of 0 and 1 is no reason to refuse', () => {
  assert.equal(makeOutputRule(base, 2)(Float64Array.of(-1e-9, 1 + 1e-9), false).probability, 1)
})

for (const pair of [
  [0.9, 0.9],
  [0.1, 0.2],
]) {
  test(`a pair of ${pair.join(' and ')} is refused: half of it would be ignored`, () => {
    assert.throws(() => makeOutputRule(base, 2)(Float64Array.from(pair), false), refusal('model_output_invalid'))
  })
}

test('a pair in float16 adds up to 1 as nearly as it can', () => {
  assert.equal(makeOutputRule(base, 2)(Float64Array.of(0.2499, 0.75), false).probability, 0.75)
})

const contradictions = [
  { says: 'more outputs than classes', manifest: base, outputs: 3 },
  { says: 'a value rule for classes', manifest: { ...base, signal: { ...base.signal, buy: { value_at_least: 1 } } }, outputs: 1 },
  { says: 'a class that does not exist', manifest: { ...base, signal: { ...base.signal, buy: { class: 'sideways', at_least: 0.5 } } }, outputs: 1 },
  { says: 'a class rule for a regression', manifest: { ...base, output: { kind: 'regression' as const } }, outputs: 1 },
  {
    says: 'two outputs of a regression',
    manifest: { ...base, output: { kind: 'regression' as const }, signal: { buy: { value_at_least: 1 }, sell: { value_at_most: 0 } } },
    outputs: 2,
  },
]
for (const { says, manifest, outputs } of contradictions) {
  test(`a manifest that contradicts its model is refused: ${says}`, () => {
    assert.throws(() => makeOutputRule(manifest, outputs), refusal('model_unavailable'))
  })
}
