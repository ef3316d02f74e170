import assert from 'node:assert/strict'
import { compileForest, type CompileOptions } from '../../../src/trees/compile.ts'
import type { Ensemble } from '../../../src/trees/ensemble.ts'
import { instantiateForest, type Evaluator } from '../../../src/trees/evaluator.ts'
import type { ZooModel } from './read-zoo.ts'

/** A model of a zoo with what was parsed of its file. */
export type ParsedModel = Omit<ZooModel, 'text'> & { readonly ensemble: Ensemble }
/** How many kernels took part, and the largest distance of a prediction from the library's. */
export type ZooDistance = { readonly slabs: number; readonly ulps: number }

const ways: readonly CompileOptions[] = [{ engine: 'interpreter' }, { engine: 'bit-slab' }, { engine: 'bit-slab', relaxedSimd: false }]

function evaluate(model: ParsedModel, answer: Evaluator['predict']): Float64Array {
  const all = new Float64Array(model.rows.length * model.outputs)
  model.rows.forEach((row, r) => answer(row, all.subarray(r * model.outputs, (r + 1) * model.outputs)))
  return all
}

/** Holds every evaluator of every model to the library's answers: raw scores to the bit, predictions within 4 ulp in the library's own precision. */
export function checkZoo(models: readonly ParsedModel[], ulpsBetween: (a: number, b: number) => number): ZooDistance {
  let slabs = 0
  let largest = 0
  for (const model of models) {
    for (const options of ways) {
      const evaluator = instantiateForest(compileForest(model.ensemble, options))
      const rawDifferent = evaluate(model, evaluator.predictRaw).filter((value, i) => !Object.is(value, model.raw[i])).length
      const ulps = evaluate(model, evaluator.predict).reduce((most, value, i) => Math.max(most, ulpsBetween(value, model.predicted[i]!)), 0)
      assert.equal(rawDifferent, 0, `${model.name}, ${evaluator.name}: raw scores differ`)
      assert.ok(ulps <= 4, `${model.name}, ${evaluator.name}: a prediction is ${ulps} ulp away`)
      slabs += evaluator.name === 'bit-slab' ? 1 : 0
      largest = Math.max(largest, ulps)
    }
  }
  return { slabs, ulps: largest }
}
