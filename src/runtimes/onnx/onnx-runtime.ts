import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
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
    const { path, inputs, window, outputs, tensor, files } = spec
    return loadOnnx({ path, inputs, window, outputs, tensor, sha256: files[path], limits: recycling(spec), size: poolSize(spec) }, this.#deps, signal)
  }
}
