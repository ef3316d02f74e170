import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecisionRing } from './decision-ring.ts'
import { renderDecision } from './render-decision.ts'
import { makeDecision } from './testing/make-decision.ts'

const roomy = 1_000_000

test('a decision is found by its id until newer ones need its place', () => {
  const ring = new DecisionRing({ decisions: 2, bytes: roomy })
  for (const id of ['a', 'b', 'c']) ring.append(makeDecision({ id }))
  assert.deepEqual(
    ['a', 'b', 'c', 'z'].map((id) => ring.get(id)?.id),
    [undefined, 'b', 'c', undefined],
  )
})

test('large decisions push out as many old ones as they need bytes', () => {
  const vector = new Float64Array(1_000)
  const ring = new DecisionRing({ decisions: 100, bytes: 30_000 })
  for (const id of ['a', 'b', 'c', 'd']) ring.append(makeDecision({ id, vector }))
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((id) => ring.get(id) !== undefined),
    [false, true, true, true],
  )
})

test('a decision larger than the whole ring is not kept and pushes nothing out', () => {
  const ring = new DecisionRing({ decisions: 100, bytes: 10_000 })
  ring.append(makeDecision({ id: 'small' }))
  ring.append(makeDecision({ id: 'huge', vector: new Float64Array(10_000) }))
  assert.deepEqual([ring.get('small')?.id, ring.get('huge')], ['small', undefined])
})

test('an id that comes twice is found as its newest decision, and the limits hold', () => {
  const ring = new DecisionRing({ decisions: 2, bytes: roomy })
  for (const requestId of ['1', '2', '3', '4', '5']) ring.append(makeDecision({ id: 'same', requestId }))
  assert.deepEqual([ring.get('same')?.requestId, ring.usage().decisions], ['5', 2])
})

test('which fallback answered is remembered with the decision, and shown with it', () => {
  const failed = [{ model: 'momentum v1.2.3', code: 'features_stale', detail: 'The newest bar is 5 min old.' }]
  const fallback = {
    step: 1,
    by: 'values' as const,
    model: { name: 'momentum', version: '1.2.3' },
    reasons: ['stale' as const],
    failed,
    values: ['rsi(14)@1m'],
  }
  const decision = makeDecision({ vector: Float64Array.of(45_000, 50), servedBy: 'fallback', fallback })
  const ring = new DecisionRing({ decisions: 2, bytes: roomy })
  ring.append(decision)
  assert.deepEqual(ring.get(decision.id), decision)
  const view = renderDecision(decision)
  assert.deepEqual([view.served_by, view.fallback, view.inputs[1]?.source, view.inputs[0]?.source], ['fallback', fallback, 'fallback', 'caller'])
})

test('a ring without room keeps nothing', () => {
  const ring = new DecisionRing({ decisions: 0, bytes: roomy })
  ring.append(makeDecision({ id: 'a' }))
  assert.equal(ring.get('a'), undefined)
})

test('whatever is appended, both limits hold and the newest that fit are found', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (decisions, sizes) => {
      const limits = { decisions, bytes: 12_000 }
      const ring = new DecisionRing(limits)
      sizes.forEach((size, i) => {
        ring.append(makeDecision({ id: `${i}`, vector: new Float64Array(size).fill(i) }))
        const usage = ring.usage()
        assert.ok(usage.decisions <= limits.decisions && usage.bytes <= limits.bytes)
        assert.equal(ring.get(`${i}`)?.vector.length, size)
      })
      const kept = sizes.map((_, i) => ring.get(`${i}`))
      for (const [i, decision] of kept.entries()) assert.ok(decision?.vector.every((value) => value === i) ?? true, 'no record lies over another')
      const found = kept.map((decision) => decision !== undefined)
      assert.equal(found.filter(Boolean).length, ring.usage().decisions)
      assert.ok(!found.slice(found.indexOf(true)).includes(false) || found.length === 0, 'only the oldest are forgotten')
    }),
  )
})
