import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { nodeCommand } from '../../processes/command.ts'
import { type InferencePool, type PoolSize, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessLimits } from '../process/process-limits.ts'
import type { ProcessInfo } from '../process/message.ts'
import { withComplement } from '../with-complement.ts'
import { wholeColumns } from './input-tensors.ts'
import type { Device } from './open-session.ts'
import type { Signature, Wanted } from './signature.ts'
import { toTensors } from './to-tensors.ts'
import type { ValueInfo } from './value-info.ts'

/**
 * An ONNX model to serve, in the words of its manifest: `features`, `window` and `tensors` are its `inputs`; `outputs` is the number of `output.classes`, or 1; `tensor` is `output.tensor`, without which
 * the graph must have a single float tensor.
 */
export type OnnxSpec = Wanted & {
  /** Absolute path of the `.onnx` file. */
  readonly path: string
  /** `execution.device`; the CPU where nothing else is said. */
  readonly device?: Device | undefined
  /** Hex SHA-256 that the file must have. Without it the bytes of the first load bind every restart. */
  readonly sha256?: string | undefined
  readonly limits?: Partial<ProcessLimits>
  /** One process where nothing else is said. */
  readonly size?: PoolSize
}

/** What the process reported when it was ready. */
export type OnnxInfo = {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly signature: Signature
  readonly columns: number
  /** Batch sizes at which its rows are computed; all of them give a row the same bits. */
  readonly shapes: readonly number[]
  readonly sha256: string
  readonly version: string
  /** What computes it, and why that is not the device that the manifest asks for. */
  readonly device: Device
  readonly fallback?: string
  readonly rssBytes: number
}

/** An ONNX model in its processes. */
export interface OnnxModel extends LoadedModel {
  readonly info: OnnxInfo
  /** Ids of the processes that run at the moment. */
  readonly pids: readonly number[]
}

const child = new URL('./child.ts', import.meta.url)
const asInfo = (info: ProcessInfo | undefined): OnnxInfo => info as unknown as OnnxInfo

class ProcessOnnxModel implements OnnxModel {
  readonly inputs: number
  readonly outputs: number
  readonly #pool: InferencePool
  readonly #spec: OnnxSpec

  constructor(pool: InferencePool, spec: OnnxSpec) {
    this.#pool = pool
    this.#spec = spec
    this.inputs = spec.features.length * spec.window
    this.outputs = spec.outputs
  }

  get info(): OnnxInfo {
    return asInfo(this.#pool.info)
  }
  get pids(): readonly number[] {
    return this.#pool.pids
  }
  get memoryBytes(): number {
    return this.info.rssBytes
  }
  get engine(): string {
    const { version, device, fallback } = this.info
    return `onnxruntime ${version} (${device}${fallback === undefined ? '' : `; ${this.#spec.device} was asked for: ${fallback}`})`
  }

  get wholeColumns(): readonly number[] {
    return wholeColumns(this.info.signature.inputs, this.#spec.features.length)
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    if (rows.length !== count * this.inputs) throw new RangeError(`${count} rows of ${this.inputs} values are not ${rows.length} values`)
    if (count === 0) return new Float64Array(0)
    const { signature, columns } = this.info
    const { features, window } = this.#spec
    const [answer] = await this.#pool.call(toTensors(rows, count, { features, window, inputs: signature.inputs }), deadline)
    if (!answer || answer.data instanceof BigInt64Array || answer.data.length !== count * columns) {
      throw new ServingError('model_output_invalid', `The model gave ${answer?.data.length ?? 0} values for ${count} rows instead of ${count * columns}`)
    }
    const values = Float64Array.from(answer.data)
    return columns < this.outputs ? withComplement(values) : values
  }

  dispose(): Promise<void> {
    return this.#pool.dispose()
  }
}

/**
 * Loads an ONNX model into supervised processes of its own. Each input of the graph is float32, float64 or int64 and takes `[rows, columns]` or `[rows, window, columns]`; the output is a tensor
 * `[rows, outputs]`, `[rows]` for one value, or one column for two classes. Throws `model_verification_failed` and `feature_contract_mismatch` with what to do, `model_unavailable` when the load takes
 * too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadOnnx(spec: OnnxSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<OnnxModel> {
  const { path, features, window, outputs, tensor, tensors, device = 'cpu', sha256, limits = {}, size = { workers: 1, spares: 0 } } = spec
  const wanted = { path, features, window, outputs, device, ...(tensor === undefined ? {} : { tensor }), ...(tensors === undefined ? {} : { tensors }) }
  const args = (first: ProcessInfo | undefined) => {
    const bound = first ? asInfo(first).sha256 : sha256
    return bound === undefined ? wanted : { ...wanted, sha256: bound }
  }
  const pool = await startInferencePool({ command: nodeCommand(child), args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  return new ProcessOnnxModel(pool, spec)
}
