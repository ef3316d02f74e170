import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadRemote, type RemoteSettings } from './load-remote.ts'
import type { RemoteDeps } from './remote-caller.ts'

/** Models of other servers that speak the Open Inference Protocol (Triton, KServe, MLServer), on hosts that the operator lists. */
export class RemoteRuntime implements ModelRuntime {
  readonly kind = 'remote'
  readonly #deps: RemoteDeps
  readonly #settings: RemoteSettings
  constructor(deps: RemoteDeps, settings: RemoteSettings) {
    this.#deps = deps
    this.#settings = settings
  }
  load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    return loadRemote({ ...spec, settings: this.#settings }, this.#deps, signal)
  }
}
