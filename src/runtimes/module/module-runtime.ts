import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { reporting } from '../process-report.ts'
import { poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { loadModule } from './load-module.ts'

/** What the operator decides about modules: in or below which folders they may lie, and how many MiB one process of them may have. */
export type ModuleSettings = { readonly modulePaths: readonly string[]; readonly processMemoryMb?: number }

/** JavaScript and TypeScript modules from folders that the operator lists, each in a supervised process of its own. */
export class ModuleRuntime implements ModelRuntime {
  readonly kind = 'module'
  readonly #deps: ProcessDeps
  readonly #settings: ModuleSettings
  constructor(deps: ProcessDeps, settings: ModuleSettings) {
    this.#deps = deps
    this.#settings = settings
  }
  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const { modulePaths, processMemoryMb = Infinity } = this.#settings
    const limits = recycling(spec, processMemoryMb)
    return loadModule({ ...spec, allowed: modulePaths, process: limits, size: poolSize(spec) }, reporting(this.#deps, spec.model), signal)
  }
}
