import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { nodeCommand } from '../process/command.ts'
import { type InferencePool, type PoolSize, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessLimits } from '../process/process-limits.ts'
import type { ProcessInfo } from '../process/message.ts'
import type { Tensor } from '../process/tensor.ts'
import { withComplement } from '../with-complement.ts'
import type { Signature, ValueInfo } from './signature.ts'

/** An ONNX model to serve, in the words of its manifest. */
export type OnnxSpec = {
  /** Absolute path of the `.onnx` file. */
  readonly path: string
  /** Columns of a row: the number of `inputs.features`. */
  readonly inputs: number
  /** `inputs.window`, 1 when it has none: an input row is then the newest `window` vectors, oldest first. */
  readonly window: number
  /** Values of an output row: the number of `output.classes`, or 1. */
  readonly outputs: number
  /** `output.tensor`; without it the graph must have a single float tensor. */
  readonly tensor?: string | undefined
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

/** Rows as one tensor of the graph's input type. Float32 is IEEE 754 round to nearest, ties to even (numpy's astype): beyond its range ±Infinity; NaN stays NaN. */
function toTensor(rows: Float64Array, count: number, { input, type, rowShape }: Signature): Tensor {
  const data = type === 'float32' ? Float32Array.from(rows) : rows
  return { name: input, shape: [count, ...rowShape], data }
}

class ProcessOnnxModel implements OnnxModel {
  readonly inputs: number
  readonly outputs: number
  readonly #pool: InferencePool

  constructor(pool: InferencePool, spec: OnnxSpec) {
    this.#pool = pool
    this.inputs = spec.inputs * spec.window
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
    return `onnxruntime ${this.info.version} (cpu)`
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    if (rows.length !== count * this.inputs) throw new RangeError(`${count} rows of ${this.inputs} values are not ${rows.length} values`)
    if (count === 0) return new Float64Array(0)
    const { signature, columns } = this.info
    const [answer] = await this.#pool.call([toTensor(rows, count, signature)], deadline)
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
 * Loads an ONNX model into a supervised process of its own. The graph takes one float32 or float64 input `[rows, inputs]` or `[rows, window, inputs]` and gives a
 * float tensor `[rows, outputs]`, `[rows]` for one value, or one column for two classes. Throws `model_verification_failed` and `feature_contract_mismatch` with what
 * to do, `model_unavailable` when the load takes too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadOnnx(spec: OnnxSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<OnnxModel> {
  const { path, inputs, window, outputs, tensor, sha256, limits = {}, size = { workers: 1, spares: 0 } } = spec
  const wanted = { path, inputs, window, outputs, ...(tensor === undefined ? {} : { tensor }) }
  const args = (first: ProcessInfo | undefined) => {
    const bound = first ? asInfo(first).sha256 : sha256
    return bound === undefined ? wanted : { ...wanted, sha256: bound }
  }
  const pool = await startInferencePool({ command: nodeCommand(child), args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  return new ProcessOnnxModel(pool, spec)
}
