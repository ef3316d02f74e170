import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureSet } from '../contracts/features.ts'
import { DecisionRing } from '../events/decision-ring.ts'
import { makeDecision } from '../events/testing/make-decision.ts'
import { ServedVectorLog } from './served-vector-log.ts'
import { type ServedVector, vectorsOf } from './vector-records.ts'
import { exceptionsOf } from './vector-table.ts'

const ids = ['close@1m', 'rsi(14)@1m']
const spec = { timeframe: '1m', features: ids, window: 1, symbols: ['*'], ranges: [undefined, { min: 0, max: Infinity }] } as const
const set = { digest: 'set-digest', ids, spec } as unknown as FeatureSet

function makeLog({ decisions = 100 } = {}) {
  const ring = new DecisionRing({ decisions, bytes: 100_000_000 })
  const records: { readonly bytes: Uint8Array; readonly rows: number }[] = []
  const timers: { readonly ms: number; readonly run: () => void }[] = []
  const lost: Record<string, number> = {}
  const log = new ServedVectorLog({
    decisions: ring,
    sets: () => [set],
    log: { append: (bytes, rows) => void records.push({ bytes, rows }), close: () => Promise.resolve() },
    meter: {
      counter: (_name, labels = {}) => ({ add: (by = 1) => void (lost[labels['why'] ?? ''] = (lost[labels['why'] ?? ''] ?? 0) + by) }),
      histogram: () => ({ observe() {} }),
      gauge: () => ({ set() {} }),
    },
    timer: { after: (ms, run) => (timers.push({ ms, run }), () => {}) },
  })
  log.start()
  const pass = (): number | undefined => {
    timers.at(-1)?.run()
    return timers.at(-1)?.ms
  }
  const read = (): ServedVector[] => records.flatMap(({ bytes }) => [...vectorsOf(Buffer.from(bytes))])
  return { ring, log, pass, read, records, lost }
}

test('vectors are logged with all that is needed to compute them again, and those that are whole callers’ are left out', async () => {
  const { ring, log, pass, read, records } = makeLog()
  ring.append(makeDecision({ id: 'a', supplied: [], vector: Float64Array.of(-0, 5e-324), statuses: ['ok', 'ok'] }))
  ring.append(makeDecision({ id: 'b', supplied: [0, 1] }))
  ring.append(makeDecision({ id: 'c', barCloseTime: undefined, vector: Float64Array.of(1, 2, 3, NaN) }))
  assert.deepEqual([pass(), records.map(({ rows }) => rows)], [1_000, [2]])
  ring.append(makeDecision({ id: 'd', featureIds: [], vector: new Float64Array(0), supplied: [], statuses: [] }))
  const values = { step: 1, by: 'values' as const, model: { name: 'm', version: '1' }, reasons: ['stale' as const], failed: [], values: ['rsi(14)@1m'] }
  ring.append(makeDecision({ id: 'e', fallback: values, statuses: ['ok', 'stale'] }))
  await log.close()
  const [a, c, e, ...others] = read()
  assert.deepEqual([a?.id, c?.id, e?.id, others], ['a', 'c', 'e', []])
  assert.deepEqual([a?.vector, c?.vector, c?.barCloseTime], [Float64Array.of(-0, 5e-324), Float64Array.of(1, 2, 3, NaN), undefined])
  assert.deepEqual(a?.head, {
    set: { feature_set_digest: 'set-digest', timeframe: '1m', features: ids, ranges: { 'rsi(14)@1m': [0, null] } },
    model: 'momentum',
    version: '1.2.3',
    clock: 'replay',
  })
  assert.deepEqual(
    [exceptionsOf(a), exceptionsOf(c as ServedVector), exceptionsOf(e as ServedVector)],
    [{}, { 'close@1m': 'caller', 'rsi(14)@1m': 'warming' }, { 'close@1m': 'caller', 'rsi(14)@1m': 'declared' }],
  )
})

test('many decisions are copied over several turns of the event loop, each once', () => {
  const { ring, pass, read, records } = makeLog({ decisions: 10_000 })
  for (let i = 0; i < 5_000; i++) ring.append(makeDecision({ id: `${i}`, vector: Float64Array.of(i, 2) }))
  while (pass() === 0);
  assert.ok(records.length > 3 && records.every(({ bytes }) => bytes.length < 300_000))
  assert.deepEqual(
    read().map(({ id, vector }) => [id, vector[0]]),
    Array.from({ length: 5_000 }, (_, i) => [`${i}`, i]),
  )
  assert.deepEqual([pass(), read().length], [1_000, 5_000])
})

test('what was forgotten before it was copied, and what is too large, is counted as lost', () => {
  const { ring, pass, read, lost } = makeLog({ decisions: 10 })
  for (let i = 0; i < 25; i++) ring.append(makeDecision({ id: `${i}` }))
  pass()
  assert.deepEqual([lost, read().map(({ id }) => Number(id))], [{ forgotten: 15 }, [15, 16, 17, 18, 19, 20, 21, 22, 23, 24]])
  ring.append(makeDecision({ id: 'large', vector: new Float64Array(1_100_000) }))
  pass()
  assert.deepEqual([lost, read().length], [{ forgotten: 15, large: 1 }, 10])
})
