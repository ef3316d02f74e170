import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadOnnx } from './load-onnx.ts'

/** ONNX models, each in supervised processes of its own that compute one call at a time. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  constructor(deps: ProcessDeps) {
    this.#deps = deps
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { path, inputs, window, outputs, tensor, files } = spec
    const onnx = { path, inputs, window, outputs, tensor, sha256: files[path], limits: recycling(spec), size: poolSize(spec) }
    const model = await loadOnnx(onnx, this.#deps, signal)
    const { name, version } = spec.model
    return batched(model, batchSettings(spec), { ...this.#deps, labels: { model: name, version } })
  }
}
