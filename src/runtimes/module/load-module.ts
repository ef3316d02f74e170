import { nodeCommand } from '../../processes/command.ts'
import { type PoolSize, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { PoolModel } from '../process/pool-model.ts'
import type { ProcessLimits } from '../process/process-limits.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { allowedPath } from './allowed-path.ts'
import type { ModuleArgs } from './open-module.ts'

/** A module to serve, and the folders in or below which the operator lets modules lie. */
export type ModuleSpec = Pick<ArtefactSpec, 'path' | 'files' | 'features' | 'window' | 'outputs' | 'kind'> & {
  readonly allowed: readonly string[]
  readonly process?: Partial<ProcessLimits>
  readonly size?: PoolSize
}

const child = new URL('./child.ts', import.meta.url)

/** A module in its processes. */
export class ProcessModule extends PoolModel {
  /** Ids of its running processes. */
  get pids(): readonly number[] {
    return this.pool.pids
  }
  get engine(): string {
    return `Node ${String(this.pool.info['version'])} (module)`
  }
}

/** The artefact where it really lies, so that no link can lead elsewhere later. */
function argsOf({ path, files, features, window, outputs, kind }: ModuleSpec, real: string): ModuleArgs {
  const moved = Object.entries(files).map(([file, sha256]) => [real + file.slice(path.length), sha256] as const)
  return { bundle: { path: real, features, window, outputs, kind }, files: Object.fromEntries(moved) }
}

/**
 * Loads a JavaScript or TypeScript module into supervised processes of its own. Throws `model_verification_failed` with what to do, `model_unavailable` when the
 * load takes too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadModule(spec: ModuleSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<ProcessModule> {
  const args = argsOf(spec, await allowedPath(spec.path, spec.allowed))
  const { process: limits = {}, size = { workers: 1, spares: 0 } } = spec
  const pool = await startInferencePool({ command: nodeCommand(child), args: () => args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  return new ProcessModule(pool, { inputs: spec.features.length * spec.window, outputs: spec.outputs })
}
