import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { DeviceReport } from '../device.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { reporting } from '../process-report.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import { ProvenSizes } from '../process/proven-sizes.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadInServer } from './load-in-server.ts'
import { loadOnnx } from './load-onnx.ts'
import { Turns } from './turns.ts'

/**
 * What the operator decides about ONNX models: which are computed in the server, how many MiB a process of another may have, and for graphics cards a Python whose onnxruntime has CUDA, and folders of
 * libraries that the linker does not find itself.
 */
export type OnnxSettings = {
  readonly inServer?: readonly string[]
  readonly python?: string | undefined
  readonly libraryPath?: readonly string[]
  readonly processMemoryMb?: number
}

/** ONNX models, each in supervised processes of its own that compute one call at a time; those named in `inServer` are computed in this process. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  readonly #settings: OnnxSettings
  readonly #turns = new Turns()
  readonly #sizes: ProvenSizes
  constructor(deps: ProcessDeps, settings: OnnxSettings = {}, sizes = new ProvenSizes()) {
    this.#deps = deps
    this.#settings = settings
    this.#sizes = sizes
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { path, features, window, outputs, tensor, tensors, files } = spec
    const { device } = spec.execution
    const { inServer = [], processMemoryMb = Infinity, ...cuda } = this.#settings
    const graph = { features, window, outputs, tensor, tensors, device, sha256: files[path] }
    const labels = { model: spec.model.name, version: spec.model.version }
    // Of a file without a digest nobody knows whether it is the same.
    const sizes = graph.sha256 === undefined ? undefined : this.#sizes.of(JSON.stringify({ ...graph, ...labels }))
    const onnx = { path, ...graph, ...cuda, sizes, limits: recycling(spec, processMemoryMb), size: poolSize(spec) }
    if (inServer.includes(spec.model.name)) {
      const model = await loadInServer(onnx, { ...this.#deps, turns: this.#turns }, signal)
      const one = { ...spec.execution, workers: 1, spares: 0 }
      return batched(model, batchSettings({ ...spec, execution: one }), { ...this.#deps, labels })
    }
    const report = new DeviceReport(reporting(this.#deps, spec.model), labels)
    const model = await loadOnnx(onnx, report.deps, signal)
    report.watch(model)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }
}
