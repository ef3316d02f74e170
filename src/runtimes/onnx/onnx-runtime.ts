import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { reportDevice } from '../device.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import { FirstInfos } from '../process/first-infos.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadInServer } from './load-in-server.ts'
import { loadOnnx } from './load-onnx.ts'
import { Turns } from './turns.ts'

/** What the operator decides about ONNX models: which are computed in the server, and for graphics cards a Python whose onnxruntime has CUDA, and folders of libraries that the linker does not find itself. */
export type OnnxSettings = { readonly inServer?: readonly string[]; readonly python?: string | undefined; readonly libraryPath?: readonly string[] }

/** ONNX models, each in supervised processes of its own that compute one call at a time; those named in `inServer` are computed in this process. */
export class OnnxRuntime implements ModelRuntime {
  readonly kind = 'onnx'
  readonly #deps: ProcessDeps
  readonly #settings: OnnxSettings
  readonly #turns = new Turns()
  readonly #firsts: FirstInfos
  constructor(deps: ProcessDeps, settings: OnnxSettings = {}, firsts = new FirstInfos()) {
    this.#deps = deps
    this.#settings = settings
    this.#firsts = firsts
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { path, features, window, outputs, tensor, tensors, files } = spec
    const { device } = spec.execution
    const { inServer = [], ...cuda } = this.#settings
    const graph = { features, window, outputs, tensor, tensors, device, sha256: files[path] }
    const artefact = JSON.stringify(graph)
    const onnx = { path, ...graph, ...cuda, first: this.#firsts.of(artefact), limits: recycling(spec), size: poolSize(spec) }
    const labels = { model: spec.model.name, version: spec.model.version }
    if (inServer.includes(spec.model.name)) {
      const model = await loadInServer(onnx, { ...this.#deps, turns: this.#turns }, signal)
      const one = { ...spec.execution, workers: 1, spares: 0 }
      return batched(model, batchSettings({ ...spec, execution: one }), { ...this.#deps, labels })
    }
    const model = await loadOnnx(onnx, this.#deps, signal)
    // Of a file without a digest nobody knows whether it is the same.
    if (graph.sha256 !== undefined) this.#firsts.keep(artefact, model.info)
    reportDevice(this.#deps.meter, model.place, labels)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }
}
