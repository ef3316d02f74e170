import assert from 'node:assert/strict'
import { compileForest, type CompileOptions } from '../../../src/trees/compile.ts'
import type { Ensemble } from '../../../src/trees/ensemble.ts'
import { instantiateForest, type Evaluator } from '../../../src/trees/evaluator.ts'
import type { ZooModel } from './read-zoo.ts'

/** A model of a zoo with what was parsed of its file. */
export type ParsedModel = Omit<ZooModel, 'text'> & { readonly ensemble: Ensemble }
/** How often each engine took part (one that does not take a model leaves it to another), and beside it the kernel for many rows as `tournament`; and the largest distance of a prediction from the library's. */
export type ZooDistance = { readonly runs: Readonly<Record<string, number>>; readonly ulps: number }

/** Every way to compile a model for single rows. */
export const ways: readonly CompileOptions[] = [
  { engine: 'interpreter' },
  { engine: 'bit-slab' },
  { engine: 'bit-slab', relaxedSimd: false },
  { engine: 'bt4' },
  { engine: 'bt4', relaxedSimd: false },
  { engine: 'wide' },
]

function evaluate(model: ParsedModel, answer: Evaluator['predict']): Float64Array {
  const all = new Float64Array(model.rows.length * model.outputs)
  model.rows.forEach((row, r) => answer(row, all.subarray(r * model.outputs, (r + 1) * model.outputs)))
  return all
}

function evaluateTogether(model: ParsedModel, { inputs, predictBatchRaw }: Evaluator): Float64Array {
  const rows = new Float64Array(model.rows.length * inputs)
  model.rows.forEach((row, r) => rows.set(row, r * inputs))
  const all = new Float64Array(model.rows.length * model.outputs)
  predictBatchRaw(rows, model.rows.length, all)
  return all
}

const different = (model: ParsedModel, raw: Float64Array): number => raw.filter((value, i) => !Object.is(value, model.raw[i])).length

/** Holds every evaluator of every model to the library's answers: raw scores to the bit, predictions within 4 ulp in the library's own precision, and to the bit where nothing is done to them. */
export function checkZoo(models: readonly ParsedModel[], ulpsBetween: (a: number, b: number) => number): ZooDistance {
  const runs: Record<string, number> = {}
  let largest = 0
  for (const model of models) {
    const allowed = model.ensemble.transform.kind === 'identity' ? 0 : 4
    for (const options of ways) {
      const evaluator = instantiateForest(compileForest(model.ensemble, options))
      const ulps = evaluate(model, evaluator.predict).reduce((most, value, i) => Math.max(most, ulpsBetween(value, model.predicted[i]!)), 0)
      assert.equal(different(model, evaluate(model, evaluator.predictRaw)), 0, `${model.name}, ${evaluator.name}: raw scores differ`)
      assert.equal(different(model, evaluateTogether(model, evaluator)), 0, `${model.name}, ${evaluator.name}: raw scores of the batch differ`)
      assert.ok(ulps <= allowed, `${model.name}, ${evaluator.name}: a prediction is ${ulps} ulp away`)
      runs[evaluator.name] = (runs[evaluator.name] ?? 0) + 1
      if (evaluator.blockRows > 1) runs['tournament'] = (runs['tournament'] ?? 0) + 1
      largest = Math.max(largest, ulps)
    }
  }
  return { runs, ulps: largest }
}
