import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { MeterLabels } from '../../contracts/meter.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadInServer } from './load-in-server.ts'
import { loadOnnx } from './load-onnx.ts'
import type { OnnxModel } from './onnx-model.ts'
import { Turns } from './turns.ts'

/** ONNX models, each in supervised processes of its own that compute one call at a time; those called `inServer` are computed in this process. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  readonly #inServer: readonly string[]
  readonly #turns = new Turns()
  constructor(deps: ProcessDeps, inServer: readonly string[] = []) {
    this.#deps = deps
    this.#inServer = inServer
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { path, features, window, outputs, tensor, tensors, files } = spec
    const { device } = spec.execution
    const onnx = { path, features, window, outputs, tensor, tensors, device, sha256: files[path], limits: recycling(spec), size: poolSize(spec) }
    const labels = { model: spec.model.name, version: spec.model.version }
    if (this.#inServer.includes(spec.model.name)) {
      const model = await loadInServer(onnx, { ...this.#deps, turns: this.#turns }, signal)
      const one = { ...spec.execution, workers: 1, spares: 0 }
      return batched(model, batchSettings({ ...spec, execution: one }), { ...this.#deps, labels })
    }
    const model = await loadOnnx(onnx, this.#deps, signal)
    if (device === 'cuda') this.#reportDevice(model, labels)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }

  #reportDevice({ info }: OnnxModel, labels: MeterLabels): void {
    const help = 'Whether a model whose manifest asks for a graphics card was loaded onto the CPU: 1 or 0'
    this.#deps.meter?.gauge('onnx_device_fallback', help, labels).set(info.fallback === undefined ? 0 : 1)
  }
}
