import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble } from './arbitrary-ensemble.test-data.ts'
import { forestSource } from './forest-source.ts'

const shape = { trees: 3, leaves: 31, inputs: 4, outputs: 1, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }

test('an ensemble is quantised once for all its kernels, and not before one asks', () => {
  const ensemble = randomEnsemble(shape)
  let looks = 0
  const watched = new Proxy(ensemble, {
    get: (of, key, self) => {
      looks++
      return Reflect.get(of, key, self) as unknown
    },
  })
  const { quantised } = forestSource(watched, true)
  assert.equal(looks, 0)
  assert.equal(quantised(), quantised())
})
