import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServingError } from '../contracts/error.ts'
import type { FeatureVector } from '../contracts/features.ts'
import type { PredictRequest } from '../contracts/predict.ts'
import { ageText } from './input-errors.ts'
import { makeInputRules, prepareInputs } from './inputs.ts'
import { lastClose, makeEmptyReading, makeReading, makeSet, refusal } from './testing/in-memory.ts'

const optional = ['rsi', 'roc(5)@1m']
const rules = makeInputRules('momentum', makeSet(), optional)
const windowed = makeInputRules('lstm', makeSet({ window: 3 }), optional)
const prepare = (features: PredictRequest['features'], reading: FeatureVector = makeReading(), of = rules) =>
  prepareInputs(of, reading, { symbol: 'BTC/USDT', ...(features ? { features } : {}) })

test('without caller features the stored vector goes to the model as it is', () => {
  const reading = makeReading()
  const inputs = prepare(undefined, reading)
  assert.equal(inputs.reading, reading)
  assert.deepEqual([[...inputs.reading.values], inputs.supplied, inputs.missing], [[100, 10, 50, 0.5], [], []])
})

test('a caller value replaces exactly its column, under any of its names', () => {
  assert.deepEqual([...prepare({ price: 7 }).reading.values], [7, 10, 50, 0.5])
  assert.deepEqual([...prepare({ 'rsi(14)@1m': 9, volume: 1 }).reading.values], [100, 1, 9, 0.5])
  assert.deepEqual(prepare({ 'rsi(14)@1m': 9, volume: 1 }).supplied, [2, 1])
})

test('in a window only the newest row takes the caller values', () => {
  const { reading } = prepare({ price: 7 }, makeReading({}, 3), windowed)
  assert.deepEqual([reading.values[0], reading.values[4], reading.values[8]], [100, 100, 7])
})

test('null for an optional input is missing, and the store does not fill it', () => {
  const inputs = prepare({ rsi: null })
  assert.deepEqual([[...inputs.reading.values], inputs.supplied, inputs.missing], [[100, 10, NaN, 0.5], [2], [2]])
})

test('the values, supplied and missing columns agree for any mixture of the optional inputs', () => {
  const value = fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null })
  fc.assert(
    fc.property(fc.record({ rsi: value, 'roc(5)@1m': value }, { requiredKeys: [] }), (features) => {
      const inputs = prepare(features)
      assert.deepEqual(inputs.supplied.length, Object.keys(features).length)
      assert.deepEqual(new Set(inputs.missing), new Set(Object.entries(features).flatMap(([name, given]) => (given === null ? [name === 'rsi' ? 2 : 3] : []))))
      for (const column of inputs.missing) assert.ok(Number.isNaN(inputs.reading.values[column]))
    }),
  )
})

const refusedValues = [
  { says: 'a name that the model does not take, with the nearest', features: { rsii: 1 }, code: 'unknown_feature', message: /"rsii"; nearest: rsi/ },
  { says: 'a name of Object.prototype', features: { toString: 1 }, code: 'unknown_feature', message: /"toString"/ },
  { says: '__proto__ as JSON brings it', features: JSON.parse('{"__proto__": 1}') as Record<string, number>, code: 'unknown_feature', message: /"__proto__"/ },
  { says: 'null for a required input', features: { price: null }, code: 'missing_feature', message: /needs price/ },
  { says: 'an infinite value', features: { price: Infinity }, code: 'non_finite_feature', message: /price is Infinity/ },
  { says: 'NaN, which is not a way to say missing', features: { rsi: NaN }, code: 'non_finite_feature', message: /null when it is missing/ },
  { says: 'a price of 0', features: { price: 0 }, code: 'validation_failed', message: /price is 0; it must be above 0/ },
  { says: 'a negative volume', features: { volume: -1 }, code: 'validation_failed', message: /at least 0/ },
  { says: 'an RSI above 100', features: { rsi: 101 }, code: 'validation_failed', message: /at least 0 and at most 100/ },
  { says: 'one input under two names', features: { price: 1, 'close@1m': 2 }, code: 'validation_failed', message: /close@1m is given twice/ },
]
for (const { says, features, code, message } of refusedValues) {
  test(`inputs refuse ${says}`, () => assert.throws(() => prepare(features), refusal(code, message)))
}

test('the refusal points at the feature in the request', () => {
  assert.throws(
    () => prepare({ 'a/b': 1 }),
    (error: Error & { places: { pointer: string }[] }) => error.places[0]?.pointer === '/features/a~1b',
  )
})

test('an empty store with all required values from the caller leaves the optional ones missing', () => {
  const inputs = prepare({ price: 1, volume: 2 }, makeEmptyReading('missing'))
  assert.deepEqual(
    [[...inputs.reading.values], inputs.missing],
    [
      [1, 2, NaN, NaN],
      [2, 3],
    ],
  )
})

test('required inputs that the store does not know say which, why, and how to send them', () => {
  assert.throws(
    () => prepare(undefined, makeEmptyReading('missing')),
    refusal('features_unavailable', /close@1m \(missing\), volume@1m \(missing\) for BTC\/USDT as of 2024-01-15T10:30:00Z.*POST \/market\/bars.*"features"/),
  )
  const warming = makeEmptyReading('warming', { warming: new Map([[0, '12/280']]) })
  assert.throws(() => prepare({ volume: 1 }, warming), refusal('features_unavailable', /close@1m \(warming 12\/280 bars\)/))
})

test('required inputs of a moment whose bars are kept no longer are not asked for as bars again', () => {
  const dropped = makeEmptyReading('missing', { reasons: new Map([[0, 'bars before 2024-01-15T00:00:00Z are kept no longer']]) })
  const message = /close@1m \(missing: bars before 2024-01-15T00:00:00Z are kept no longer\).* as of 2024-01-15T10:30:00Z\. Send the values in "features"\.$/
  assert.throws(() => prepare({ volume: 1 }, dropped), refusal('features_unavailable', message))
  const isFinal = (error: unknown): boolean => error instanceof ServingError && !error.retryable
  assert.throws(() => prepare({ volume: 1 }, dropped), isFinal)
  assert.throws(
    () => prepare({ volume: 1 }, makeEmptyReading('missing')),
    (error: unknown) => !isFinal(error),
  )
})

test('required inputs that are too old say how old and what is allowed', () => {
  const reading = makeEmptyReading('stale', { asOf: lastClose + 3_600_000 * 5 })
  assert.throws(() => prepare(undefined, reading), refusal('features_stale', /BTC\/USDT is 5 h old as of 2024-01-15T15:30:00Z; momentum allows 120 s/))
  const soon = makeEmptyReading('stale', { asOf: lastClose + 119_000 })
  assert.throws(() => prepare(undefined, soon), refusal('features_stale', /119 s old .* the next 1m bar is overdue/))
})

test('a stale value is no value, even if a reading still holds it', () => {
  const reading = makeReading({ statuses: ['ok', 'ok', 'stale', 'quarantined'], complete: false })
  assert.deepEqual(
    [[...prepare({}, reading).reading.values], prepare({}, reading).missing],
    [
      [100, 10, NaN, NaN],
      [2, 3],
    ],
  )
})

test('a stale value that the caller replaces is there', () => {
  assert.deepEqual([...prepare({ rsi: 30 }, makeReading({ statuses: ['ok', 'ok', 'stale', 'ok'], complete: false })).reading.values], [100, 10, 30, 0.5])
})

test('in a window a newest value from the caller does not make up for missing older rows', () => {
  const reading = makeReading({ statuses: ['warming', 'ok', 'ok', 'ok'], complete: false }, 3)
  reading.values[0] = NaN
  assert.throws(
    () => prepare({ price: 1 }, reading, windowed),
    refusal('features_unavailable', /close@1m \(its older rows are missing\).*POST \/market\/bars\.$/),
  )
})

test('where the model takes whole numbers there is no other value and no missing one, in any row of a window', () => {
  const whole = { ...windowed, whole: [1, 2] }
  const refused =
    (features: PredictRequest['features'], reading = makeReading({}, 3)) =>
    () =>
      prepare(features, reading, whole)
  assert.deepEqual(prepare({ volume: 3 }, makeReading({}, 3), whole).supplied, [1])
  assert.throws(refused({ volume: 2.5 }), refusal('validation_failed', /^volume@1m is 2\.5; .* whole number/))
  assert.throws(refused({ volume: 2 ** 53 }), refusal('validation_failed', /below 2\^53/))
  assert.throws(refused({ rsi: null }), refusal('missing_feature', /^rsi\(14\)@1m is missing/))
  const early = makeReading({}, 3)
  early.values[1] = 0.5
  assert.throws(refused(undefined, early), refusal('validation_failed'))
})

test('an optional input that is none of the set is a contradiction of the manifest', () => {
  assert.throws(() => makeInputRules('momentum', makeSet(), ['atr(14)@1m']), refusal('unknown_feature'))
})

test('ages are told in the largest unit of which there are more than two', () => {
  assert.deepEqual([90_000, 120_000, 180_000, 10_800_000, 3 * 86_400_000].map(ageText), ['90 s', '120 s', '3 min', '3 h', '3 days'])
})
