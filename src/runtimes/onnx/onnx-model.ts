import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { type Device, type Place, placeOf, placeWords } from '../device.ts'
import type { InferencePool, PoolSize } from '../process/inference-pool.ts'
import type { ProcessLimits } from '../process/process-limits.ts'
import type { ArtefactSizes } from '../process/proven-sizes.ts'
import { requireRows } from '../require-rows.ts'
import { withComplement } from '../with-complement.ts'
import type { BatchShape } from './batch-shapes.ts'
import { wholeColumns } from './input-tensors.ts'
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
  /** A Python that may have onnxruntime with CUDA. */
  readonly python?: string | undefined
  /** Folders of libraries for a graphics card that the linker does not find itself. */
  readonly libraryPath?: readonly string[] | undefined
  /** Hex SHA-256 that the file must have. Without it the bytes of the first load bind every restart. */
  readonly sha256?: string | undefined
  /** Batch sizes of this graph that were proven before, and where to keep those that are proven now; of this load alone where nothing else is said. */
  readonly sizes?: ArtefactSizes | undefined
  readonly limits?: Partial<ProcessLimits>
  /** One process where nothing else is said. */
  readonly size?: PoolSize
}

/** What a graph is, as whoever opened it found out. */
export type OnnxInfo = {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly signature: Signature
  readonly columns: number
  /** Batch sizes at which its rows are computed; all of them give a row the same bits. */
  readonly shapes: readonly BatchShape[]
  /** Operators in it that may go on for ever. */
  readonly controlFlow: readonly string[]
  readonly sha256: string
  readonly fileBytes: number
  readonly version: string
  /** What computes it, and why that is not the device that the manifest asks for. */
  readonly device: Device
  readonly fallback?: string
}

/** What an opened graph is, and what memory it takes in its processes, or `inServer` in this one. */
export type OnnxPlace = OnnxInfo & { readonly rssBytes: number; readonly inServer?: true }

/** Where a graph is computed: tensors of rows in, its answer out. */
export type OnnxBackend = Pick<InferencePool, 'info' | 'infos' | 'pids' | 'call' | 'promote' | 'dispose'> & Partial<Pick<InferencePool, 'trouble'>>

/** An ONNX model: rows become the tensors of its graph, and the answer of the graph becomes output rows. */
export class OnnxModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly #backend: OnnxBackend
  readonly #spec: OnnxSpec

  constructor(backend: OnnxBackend, spec: OnnxSpec) {
    this.#backend = backend
    this.#spec = spec
    this.inputs = spec.features.length * spec.window
    this.outputs = spec.outputs
  }

  /** What the backend says of its graph. */
  get info(): OnnxPlace {
    return this.#backend.info as unknown as OnnxPlace
  }
  /** Ids of the processes that run at the moment. */
  get pids(): readonly number[] {
    return this.#backend.pids
  }
  get memoryBytes(): number {
    return this.info.rssBytes
  }
  get trouble(): string | undefined {
    return this.#backend.trouble
  }
  get engine(): string {
    return `onnxruntime ${this.info.version} (${placeWords(this.place)})`
  }
  get place(): Place {
    const { device, fallback } = placeOf(this.#backend.infos)
    return { asked: this.#spec.device ?? 'cpu', device: this.info.inServer ? `${device}, in the server` : device, fallback }
  }

  get wholeColumns(): readonly number[] {
    return wholeColumns(this.info.signature.inputs, this.#spec.features.length)
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    requireRows(rows, count, this)
    if (count === 0) return new Float64Array(0)
    const { signature, columns } = this.info
    const { features, window } = this.#spec
    const [answer] = await this.#backend.call(toTensors(rows, count, { features, window, inputs: signature.inputs }), deadline)
    if (!answer || answer.data instanceof BigInt64Array || answer.data.length !== count * columns) {
      throw new ServingError('model_output_invalid', `The model gave ${answer?.data.length ?? 0} values for ${count} rows instead of ${count * columns}`)
    }
    const values = Float64Array.from(answer.data)
    return columns < this.outputs ? withComplement(values) : values
  }

  bringAtHand(): Promise<void> {
    return this.#backend.promote()
  }

  dispose(): Promise<void> {
    return this.#backend.dispose()
  }
}
