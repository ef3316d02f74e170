import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { nodeCommand } from '../../processes/command.ts'
import { type InferencePool, type PoolSize, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
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
export class ProcessModule implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly #pool: InferencePool

  constructor(pool: InferencePool, { features, window, outputs }: ModuleSpec) {
    this.#pool = pool
    this.inputs = features.length * window
    this.outputs = outputs
  }

  /** Ids of its running processes. */
  get pids(): readonly number[] {
    return this.#pool.pids
  }
  get memoryBytes(): number {
    return this.#pool.info.rssBytes
  }
  get trouble(): string | undefined {
    return this.#pool.trouble
  }
  get engine(): string {
    return `Node ${String(this.#pool.info['version'])} (module)`
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    if (rows.length !== count * this.inputs) throw new RangeError(`${count} rows of ${this.inputs} values are not ${rows.length} values`)
    if (count === 0) return new Float64Array(0)
    const [answer] = await this.#pool.call([{ name: 'rows', shape: [count, this.inputs], data: rows }], deadline)
    if (answer?.data instanceof Float64Array && answer.data.length === count * this.outputs) return answer.data
    throw new ServingError('model_output_invalid', `The module's process gave no ${count * this.outputs} values for ${count} rows`)
  }

  bringAtHand(): Promise<void> {
    return this.#pool.promote()
  }

  dispose(): Promise<void> {
    return this.#pool.dispose()
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
  return new ProcessModule(pool, spec)
}
