import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { MeterLabels } from '../../contracts/meter.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadOnnx, type OnnxModel } from './load-onnx.ts'

/** ONNX models, each in supervised processes of its own that compute one call at a time. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  constructor(deps: ProcessDeps) {
    this.#deps = deps
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { path, features, window, outputs, tensor, tensors, files } = spec
    const { device } = spec.execution
    const onnx = { path, features, window, outputs, tensor, tensors, device, sha256: files[path], limits: recycling(spec), size: poolSize(spec) }
    const model = await loadOnnx(onnx, this.#deps, signal)
    const labels = { model: spec.model.name, version: spec.model.version }
    if (device === 'cuda') this.#reportDevice(model, labels)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }

  #reportDevice({ info }: OnnxModel, labels: MeterLabels): void {
    const help = 'Whether a model whose manifest asks for a graphics card was loaded onto the CPU: 1 or 0'
    this.#deps.meter?.gauge('onnx_device_fallback', help, labels).set(info.fallback === undefined ? 0 : 1)
  }
}
