import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineFeature } from '../definition.ts'

const refusals: readonly [id: string, message: RegExp][] = [
  ['zscore(rsi(14)96)@1m', /expected an operator, a comma or \), found "96"\.\n {2}zscore\(rsi\(14\)96\)@1m\n {16}\^\^$/],
  ['zscore(rsy(14),96)@1m', /no such feature\. Did you mean rsi\(14\),.*\n.*\n {9}\^\^\^$/],
  ['zscor(rsi(14),96)@1m', /no such feature\. Did you mean zscore\(x,n\)\?/],
  ['zscore(rsi(14),96', /expected an operator, a comma or \), found the end\.\n.*\n {19}\^$/],
  ['zscore(rsi(14),96)', /the timeframe must be written, .* Did you mean zscore\(rsi\(14\),96\)@5m\?/],
  ['zscore(rsi(14), 96)@1m', /not written canonically\. Did you mean zscore\(rsi\(14\),96\)@1m\?/],
  ['zscore(rsi(14)@1m,96)@1m', /the timeframe is written once, at the end\./],
  ['lag(close,0)@1m', /k must be a whole number from 1 to 2000, got "0"\. Did you mean lag\(x,k\)\?/],
  ['lag(close,volume)@1m', /k must be a whole number from 1 to 2000, got "volume"/],
  ['lag(close)@1m', /lag takes 2 arguments\. Did you mean lag\(x,k\)\?/],
  ['clip(close,3,1)@1m', /low must be smaller than high/],
  ['close>sma(5)>1@1m', /comparisons do not chain/],
  ['(close>1)+1@1m', /expected a number, this is a condition; if\(c,1,0\) makes one.*\n.*\n {2}\^{9}$/],
  ['if(close,1,2)@1m', /expected a condition, this is a number; a comparison makes one/],
  ['close and volume@1m', /expected a condition, this is a number/],
  ['1+1@1m', /rests on no feature/],
  ['rsi(14)+BTC/USDT@1m', /a symbol stands only in front of the parameters/],
  ['beta(BTC/USDT,3)-beta(ETH/USDT,3)@1m', /rests on BTC\/USDT and ETH\/USDT; one other symbol is allowed/],
  ['1e999*close@1m', /a number that is too large/],
  ['close\u001B[2J@1m', /"\\u001b" has no meaning here\.\n {2}close\?\[2J@1m/],
  [`${'('.repeat(40)}close@1m`, /nested more than 32 deep/],
  [`${'-'.repeat(400)}close@1m`, /nested more than 32 deep/],
  [`${'close+'.repeat(60)}close@1m`, /368 characters when written out \(.*200 are allowed/],
  ['x'.repeat(100_000), /100000 characters, too long/],
  [`${Array.from({ length: 9 }, (_, i) => `max(sma(${i + 2}),2000)`).join('+')}@1m`, /remembers \d+ numbers for every symbol, 32768 are allowed/],
]

describe('refusals point at what is wrong', () => {
  for (const [id, message] of refusals)
    test(`${JSON.stringify(id.slice(0, 40))}: ${message.source.slice(0, 60)}`, () =>
      assert.throws(() => defineFeature(id, '5m'), { code: 'unknown_feature', message }))
})

describe('digests of expressions', () => {
  const digest = (id: string): string => defineFeature(id, '1m').digest

  test('differ by text and by timeframe', () => {
    const ids = ['lag(rsi(14),3)@1m', 'lag(rsi(14),3)@5m', 'lag(rsi(14),4)@1m', 'lag(rsi(15),3)@1m', 'delta(rsi(14),3)@1m', 'rsi(14)@1m']
    assert.equal(new Set(ids.map(digest)).size, ids.length)
  })

  test('and kernels cover the versions of the features in them', () => {
    const { kernelKey } = defineFeature('macd(12,26,9)-lag(rsi(14),3)@1m', '1m')
    assert.match(kernelKey, /^macd\(12,26,9\)-lag\(rsi\(14\),3\)@1m#1 of macd\(12,26,9\)#1 rsi\(14\)#1$/)
  })

  test('are part of model bundles: this one changes only together with the version of expressions or of a kernel', () => {
    assert.equal(digest('zscore(rsi(14),96)@1m'), 'b9e8917e9f2ca307e1560f323d5402d89980b5ded1d2d8835ec651d4df5783c5')
  })
})
