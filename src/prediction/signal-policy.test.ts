import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { probabilityOf, signalOfClasses, signalOfValue } from './signal-policy.ts'

const policy = { buy: { index: 1, atLeast: 0.6 }, sell: { index: 0, atLeast: 0.6 } }
const low = { buy: { index: 2, atLeast: 0.3 }, sell: { index: 0, atLeast: 0.3 } }

const cases = [
  { says: 'a side acts exactly at its threshold', policy, row: [0.4, 0.6], signal: 'BUY', probability: 0.6 },
  { says: 'below the threshold is HOLD with the larger probability', policy, row: [0.41, 0.59], signal: 'HOLD', probability: 0.59 },
  { says: 'the other side sells', policy, row: [0.7, 0.3], signal: 'SELL', probability: 0.7 },
  { says: 'of two candidates the larger wins', policy: low, row: [0.35, 0.25, 0.4], signal: 'BUY', probability: 0.4 },
  { says: 'of two candidates the larger wins, the other way', policy: low, row: [0.4, 0.25, 0.35], signal: 'SELL', probability: 0.4 },
  { says: 'a tie of candidates is HOLD', policy: low, row: [0.3, 0.4, 0.3], signal: 'HOLD', probability: 0.4 },
  { says: 'HOLD has the probability of the largest class, whichever it is', policy: low, row: [0.1, 0.8, 0.1], signal: 'HOLD', probability: 0.8 },
] as const
for (const { says, policy: rule, row, signal, probability } of cases) {
  test(`signal policy: ${says}`, () => {
    const probabilities = Float64Array.from(row)
    const decided = signalOfClasses(rule, probabilities)
    assert.deepEqual([decided, probabilityOf(decided, rule, probabilities)], [signal, probability])
  })
}

const mirrored = { BUY: 'SELL', SELL: 'BUY', HOLD: 'HOLD' } as const
const unit = fc.double({ min: 0, max: 1, noNaN: true })

test('signal policy: swapping up and down swaps BUY and SELL', () => {
  fc.assert(
    fc.property(fc.tuple(unit, unit, unit, unit), ([up, down, buyAt, sellAt]) => {
      const signal = signalOfClasses({ buy: { index: 1, atLeast: buyAt }, sell: { index: 0, atLeast: sellAt } }, Float64Array.of(down, up))
      const other = signalOfClasses({ buy: { index: 1, atLeast: sellAt }, sell: { index: 0, atLeast: buyAt } }, Float64Array.of(up, down))
      assert.equal(other, mirrored[signal])
    }),
  )
})

const rank = { SELL: 0, HOLD: 1, BUY: 2 } as const
test('signal policy: a higher probability of up never moves a binary signal towards SELL', () => {
  fc.assert(
    fc.property(fc.tuple(unit, unit, unit, unit), ([a, b, buyAt, sellAt]) => {
      const rule = { buy: { index: 1, atLeast: buyAt }, sell: { index: 0, atLeast: sellAt } }
      const at = (up: number) => rank[signalOfClasses(rule, Float64Array.of(1 - up, up))]
      assert.ok(at(Math.min(a, b)) <= at(Math.max(a, b)))
    }),
  )
})

test('signal policy: equal candidates are always HOLD', () => {
  fc.assert(
    fc.property(unit, (p) => {
      assert.equal(signalOfClasses({ buy: { index: 0, atLeast: p }, sell: { index: 1, atLeast: p } }, Float64Array.of(p, p)), 'HOLD')
    }),
  )
})

test('signal policy: regression acts at its limits and holds between them', () => {
  const rule = { buyAtLeast: 2, sellAtMost: -1 }
  assert.deepEqual(
    [2, 1.99, 0, -0.99, -1].map((value) => signalOfValue(rule, value)),
    ['BUY', 'HOLD', 'HOLD', 'HOLD', 'SELL'],
  )
  assert.equal(signalOfValue({ buyAtLeast: -1, sellAtMost: 1 }, 0), 'HOLD', 'a value that both sides claim')
})
