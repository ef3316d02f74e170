import type { Ensemble } from './ensemble.ts'
import { quantise, type Quantised } from './quantise.ts'

/** What a kernel is compiled from. `quantised` is computed when a kernel first asks for it, once for all of them; `relaxed` allows the relaxed vector instructions. */
export type ForestSource = { readonly ensemble: Ensemble; readonly quantised: () => Quantised; readonly relaxed: boolean }

/** The source for all kernels of an ensemble. */
export function forestSource(ensemble: Ensemble, relaxed: boolean): ForestSource {
  let known: Quantised | undefined
  return { ensemble, quantised: () => (known ??= quantise(ensemble)), relaxed }
}
