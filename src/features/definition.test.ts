import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { families } from './catalog/index.ts'
import { catalogueEntries } from './catalogue.ts'
import { declareSet } from './declared-set.ts'
import { defineFeature, digestOfSet } from './definition.ts'

const set = (features: readonly string[], overrides = {}) => declareSet({ timeframe: '1m', features, window: 1, symbols: ['*'], ...overrides })

describe('ids', () => {
  const canonical = [
    'close@1m',
    'rsi(14)@5m',
    'macd(12,26,9)@1h',
    'bb_pctb(20,2)@1m',
    'bb_width(20,2.5)@1d',
    'tod_sin',
    'obv_slope(20)@4h',
    'beta(BTC/USDT,60)@1m',
    'corr(BTC/USDT:USDT,60)@5m',
  ]
  for (const id of canonical) test(`${id} is understood and written back the same`, () => assert.equal(defineFeature(id, '1m').id, id))

  const wrong: readonly [id: string, message: RegExp][] = [
    ['rsy(14)@1m', /no such feature\. Did you mean rsi\(14\)@1m/],
    ['price', /no such feature\. Did you mean close@5m\?/],
    ['rsi', /takes 1 parameter\(s\), always written: n\. Did you mean rsi\(14\)@5m/],
    ['rsi(14)', /the timeframe must be written.* Did you mean rsi\(14\)@5m\?/],
    ['rsi(14)@2m', /the timeframe must be written, one of 1s, 5s/],
    ['rsi(14.5)@1m', /n must be a whole number from 2 to 2000/],
    ['rsi(014)@1m', /not written canonically\. Did you mean rsi\(14\)@1m/],
    ['rsi(1e1)@1m', /not written canonically\. Did you mean rsi\(10\)@1m/],
    ['rsi( 14 )@1m', /Did you mean rsi\(14\)@1m/],
    ['macd(12, 26, 9)@1m', /Did you mean macd\(12,26,9\)@1m/],
    ['rsi(14) @1m', /Did you mean rsi\(14\)@1m/],
    ['close()@1m', /not written canonically\. Did you mean close@1m/],
    ['tod_sin@1m', /not written canonically\. Did you mean tod_sin\?/],
    ['macd(26,12,9)@1m', /fast must be smaller than slow/],
    ['sma(5000)@1m', /from 1 to 2000/],
    ['beta(60)@1m', /takes 2 parameter\(s\), always written: symbol,n\. Did you mean beta\(BTC\/USDT,60\)@1m/],
    ['beta(btc,60)@1m', /"btc" is not a symbol/],
    ['beta(BTC/USDT,1)@1m', /n must be a whole number from 2/],
    ['', /expected a feature, a number or \(/],
    ['RSI(14)@1m', /no such feature\. Did you mean rsi\(14\)@1m/],
    [`rsi(${'9'.repeat(200)})@1m`, /n must be a whole number from 2 to 2000/],
    ['__proto__', /no such feature\.\n/],
  ]
  for (const [id, message] of wrong)
    test(`${JSON.stringify(id.slice(0, 20))} is refused: ${message.source}`, () =>
      assert.throws(() => defineFeature(id, '5m'), { code: 'unknown_feature', message }))
})

describe('digests', () => {
  test('differ between any two definitions of the catalogue, and by parameter and timeframe', () => {
    const digests = [...catalogueEntries().map(({ example }) => example), 'rsi(15)@1m', 'rsi(14)@5m'].map((id) => defineFeature(id, '1m').digest)
    assert.equal(new Set(digests).size, families.length + 2)
  })

  test('of a set depend on the order of its features and on its timeframe, not on its window, age or symbols', () => {
    const digest = set(['close@1m', 'tod_sin']).set.digest
    assert.equal(set(['close@1m', 'tod_sin'], { window: 60, maxAgeMs: 1_000, symbols: [] }).set.digest, digest)
    assert.notEqual(set(['tod_sin', 'close@1m']).set.digest, digest)
    assert.notEqual(digestOfSet('5m', [defineFeature('tod_sin', '5m')]), digestOfSet('1m', [defineFeature('tod_sin', '1m')]))
  })

  test('are part of model bundles: this one changes only together with the version of a kernel', () => {
    const digest = set(['close@1m', 'volume@1m', 'rsi(14)@1m', 'macd(12,26,9)@1m', 'bb_pctb(20,2)@1m', 'tod_sin']).set.digest
    assert.equal(digest, 'd6bd743ce03c8c160b423514078b5c880ee19bdd45e1df12b13f2814a3da8016')
  })
})

describe('sets', () => {
  test('know their columns by canonical and by plain names', () => {
    const { columnOf } = set(['tod_cos', 'rsi(14)@1m', 'close@1m', 'rsi(7)@1m', 'macd(12,26,9)@5m']).set
    assert.deepEqual(Object.fromEntries(columnOf), {
      tod_cos: 0,
      'rsi(14)@1m': 1,
      rsi: 1,
      'close@1m': 2,
      price: 2,
      'rsi(7)@1m': 3,
      'macd(12,26,9)@5m': 4,
    })
  })

  test('know the legal range of every column', () => {
    const { ranges } = set(['close@1m', 'rsi(14)@1m', 'logret(1)@1m']).set
    assert.deepEqual(ranges, [
      { min: Number.MIN_VALUE, max: Infinity },
      { min: 0, max: 100 },
      { min: -Infinity, max: Infinity },
    ])
  })

  test('refuse no features, one twice, a shorter timeframe than their own, and windows out of range', () => {
    assert.throws(() => set([]), { code: 'validation_failed' })
    assert.throws(() => set(['close@1m', 'close@1m']), { code: 'validation_failed', message: /twice/ })
    assert.throws(() => set(['close@1m'], { timeframe: '5m' }), { code: 'validation_failed', message: /whole 5m bars/ })
    for (const window of [0, 1.5, 1_001]) assert.throws(() => set(['close@1m'], { window }), { code: 'validation_failed', message: /window/ })
  })

  test('allow a model to be stricter about age, never laxer than a bar and a minute', () => {
    assert.equal(set(['close@1m']).maxAgeMs, 120_000)
    assert.equal(set(['close@1m'], { maxAgeMs: 30_000 }).maxAgeMs, 30_000)
    assert.equal(set(['close@1m'], { maxAgeMs: 3_600_000 }).maxAgeMs, 120_000)
  })
})

describe('the catalogue', () => {
  test('has only families whose example is understood', () => {
    const entries = catalogueEntries()
    assert.equal(entries.length, families.length)
    for (const { example, warmUp } of entries) {
      assert.ok(defineFeature(example, '1m').id === example)
      assert.ok(warmUp.first >= 1 && warmUp.settled >= warmUp.first)
    }
  })

  test('declares warm-ups after which a seed weighs less than a billionth', () => {
    const settled = (id: string) => defineFeature(id, '1m').warmUp.settled
    for (const n of [2, 3, 20, 200]) assert.ok((1 - 2 / (n + 1)) ** (settled(`ema(${n})@1m`) - n) <= 1e-9)
    for (const n of [2, 14, 100]) assert.ok((1 - 1 / n) ** (settled(`rsi(${n})@1m`) - n - 1) <= 1e-9)
    assert.equal(settled('rsi(14)@1m'), 295)
    assert.equal(settled('ema(1)@1m'), 1)
  })
})
