import { readFileSync } from 'node:fs'
import { ServingError } from '../../contracts/error.ts'
import { type CompiledForest, compileForest } from '../../trees/compile.ts'
import { parseLightGbm } from '../../trees/lightgbm.ts'
import { ModelFormatError } from '../../trees/model-format-error.ts'
import type { ArtefactSpec } from '../runtime.ts'

function checkShape({ inputs, outputs }: { readonly inputs: number; readonly outputs: number }, spec: ArtefactSpec): void {
  const wanted = spec.inputs * spec.window
  if (inputs !== wanted)
    throw new ServingError(
      'model_verification_failed',
      `The trees take ${inputs} inputs, the manifest lists ${wanted}; make inputs.features the training columns in order`,
    )
  if (outputs !== spec.outputs && !(outputs === 1 && spec.outputs === 2))
    throw new ServingError('model_verification_failed', `The trees give ${outputs} outputs, the manifest lists ${spec.outputs} classes`)
}

/** Reads, parses and compiles a LightGBM text model; takes long, so it belongs in a worker thread. Throws `model_verification_failed` with line and tree. */
export function compileTrees(spec: ArtefactSpec): CompiledForest {
  try {
    const ensemble = parseLightGbm(readFileSync(spec.path, 'utf8'))
    checkShape(ensemble, spec)
    return compileForest(ensemble)
  } catch (cause) {
    if (!(cause instanceof ModelFormatError)) throw cause
    throw new ServingError('model_verification_failed', `The LightGBM file cannot be used: ${cause.message}`, { cause })
  }
}
