import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { leafOf } from './interpret.ts'
import { rowsToWarm } from './warm-up.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 1, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }

test('the rows that warm a forest reach many of its leaves, some with missing values and some without', () => {
  const ensemble = randomEnsemble(shape)
  const rows = rowsToWarm(ensemble)
  assert.equal(rows.length, 32 * 10)
  const reached = new Set<string>()
  let whole = 0
  for (let r = 0; r < 32; r++) {
    const row = rows.subarray(r * 10, (r + 1) * 10)
    whole += row.some(Number.isNaN) ? 0 : 1
    for (let t = 0; t < ensemble.trees; t++) reached.add(`${t} ${leafOf(ensemble, t, row)}`)
  }
  assert.equal(whole, 16)
  assert.ok(reached.size > ensemble.leafValue.length / 3, `${reached.size} of ${ensemble.leafValue.length} leaves`)
})

test('there are few rows where inputs are many, and a forest of single leaves has rows too', () => {
  assert.equal(rowsToWarm({ ...randomEnsemble(shape), inputs: 30_000 }).length, 2 * 30_000)
  assert.equal(rowsToWarm({ ...randomEnsemble(shape), inputs: 100_000 }).length, 100_000)
  assert.equal(rowsToWarm(randomEnsemble({ ...shape, leaves: 1 })).length, 320)
})
