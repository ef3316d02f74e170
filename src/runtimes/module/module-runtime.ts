import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { reporting } from '../process-report.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadModule } from './load-module.ts'

/** JavaScript and TypeScript modules from folders that the operator lists, each in a supervised process of its own. */
export class ModuleRuntime implements ModelRuntime {
  readonly kind = 'module'
  readonly #deps: ProcessDeps
  readonly #allowed: readonly string[]
  constructor(deps: ProcessDeps, allowed: readonly string[]) {
    this.#deps = deps
    this.#allowed = allowed
  }
  load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    return loadModule({ ...spec, allowed: this.#allowed, process: recycling(spec), size: poolSize(spec) }, reporting(this.#deps, spec.model), signal)
  }
}
