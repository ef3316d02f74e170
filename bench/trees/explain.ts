import type { Ensemble } from '../../src/trees/ensemble.ts'
import { exactContributions } from '../../src/trees/shap/exact.ts'

/** The explainer that the contest measures: a row's contributions (inputs + 1 per output) into out. */
export const explainerOf = (ensemble: Ensemble): ((row: Float64Array, out: Float64Array) => void) => exactContributions(ensemble)
