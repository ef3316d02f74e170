import type { Ensemble } from '../../src/trees/ensemble.ts'
import { compileExplanations } from '../../src/trees/shap/compile-explanations.ts'
import { instantiateExplainer } from '../../src/trees/shap/explainer.ts'

/** The explainer that the contest measures: a row's contributions (inputs + 1 per output) into out. */
export function explainerOf(ensemble: Ensemble): (row: Float64Array, out: Float64Array) => void {
  const compiled = compileExplanations(ensemble)
  if (compiled === undefined) throw new Error('the models of the contest can all be explained')
  return instantiateExplainer(compiled).contributions
}
