import type { Ensemble } from './ensemble.ts'

/** A forest made ready to run: plain data and a WebAssembly module at most, so it can be posted from the worker thread that compiled it. */
export type CompiledForest = { readonly engine: 'interpreter'; readonly ensemble: Ensemble }

/** Compiles an ensemble for single rows with the evaluator that suits its shape. */
export function compileForest(ensemble: Ensemble): CompiledForest {
  return { engine: 'interpreter', ensemble }
}
