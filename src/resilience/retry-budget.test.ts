import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RetryBudget } from './retry-budget.ts'

test('of n calls at most a tenth and the three saved ones are tried again, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (steps) => {
      const budget = new RetryBudget()
      let [calls, retries] = [0, 0]
      for (const isCall of steps) {
        if (isCall) {
          budget.earn()
          calls += 1
        } else if (budget.spend()) retries += 1
        assert.ok(retries <= calls / 10 + 3)
      }
    }),
  )
})

test('ten calls earn one retry, and quiet times save up no more than three', () => {
  const budget = new RetryBudget({ callsPerRetry: 10, saved: 3 })
  const spendAll = (): number => {
    let spent = 0
    while (budget.spend()) spent += 1
    return spent
  }
  const earn = (calls: number): void => {
    for (let call = 0; call < calls; call += 1) budget.earn()
  }
  assert.equal(spendAll(), 3)
  earn(9)
  assert.equal(spendAll(), 0)
  earn(1)
  assert.equal(spendAll(), 1)
  earn(1_000)
  assert.equal(spendAll(), 3)
})
