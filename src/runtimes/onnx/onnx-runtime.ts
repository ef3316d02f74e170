import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadOnnx } from './load-onnx.ts'

/** ONNX models, each in a supervised process of its own. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  constructor(deps: ProcessDeps) {
    this.#deps = deps
  }
  load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    return loadOnnx({ ...spec, limits: {}, sha256: spec.files[spec.path] }, this.#deps, signal)
  }
}
