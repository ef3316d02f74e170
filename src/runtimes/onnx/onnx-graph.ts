import { type InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { ServingError } from '../../contracts/error.ts'
import { firstLine } from '../../contracts/first-line.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import type { Device } from '../device.ts'
import { hostMs } from '../process/message.ts'
import { type Tensor, tensorArrays, type TensorData, typeOf } from '../process/tensor.ts'
import { type BatchShape, joined, planCuts, provenShapes, type RunRows } from './batch-shapes.ts'
import { wholeColumns } from './input-tensors.ts'
import type { Signature, Wanted } from './signature.ts'
import { type RowLayout, toTensors } from './to-tensors.ts'

type Floats = Float32Array | Float64Array
type Result = { readonly data: Floats; readonly shape: readonly number[] }

/** Makes the next run of a call when its time has come, or throws why it is not wanted any more; `done` of `count` rows are computed. */
export type Step = (run: () => Promise<Result>, done: number, count: number) => Promise<Result>

// A load of a fast model grows by some ms; of one that takes 100 ms a row by this.
const probeBudgetMs = 2_000

/** How runs are timed, in ms: by what they take of the processors, since a process waits for them behind all others while its model loads, or by the clock, where something else computes. */
type Stopwatches = { readonly spent: () => number; readonly clock: () => number }

const stopwatches: Stopwatches = {
  spent: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
  clock: hostMs,
}

/** Whole numbers as float64, which must hold them exactly. */
function asFloats(data: OrtTensor.DataType | undefined): Floats {
  if (data === undefined || data instanceof Float32Array || data instanceof Float64Array) return data ?? new Float32Array(0)
  return Float64Array.from(data as ArrayLike<number | bigint>, (value) => {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw new ServingError('model_output_invalid', `The model gave ${value}, which float64 cannot hold exactly`)
  })
}

/** The values, and zeros up to `length`. */
function filledUp(data: TensorData, length: number): TensorData {
  if (data.length === length) return data
  const filled = new tensorArrays[typeOf(data)](length)
  new Uint8Array(filled.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return filled
}

/** `size` rows of each input from a row on; those that are not there are zeros. */
const cut = (inputs: readonly Tensor[], row: number, size: number): readonly Tensor[] =>
  inputs.map(({ name, shape: [count = 0, ...rowShape], data }) => {
    const width = data.length / count
    return { name, shape: [size, ...rowShape], data: filledUp(data.subarray(row * width, (row + size) * width), size * width) }
  })

/** A session that is run at the batch sizes at which a row has the same bits. */
export class OnnxGraph {
  readonly #session: InferenceSession
  readonly #signature: Signature
  readonly #layout: RowLayout
  readonly #runsOn: Device
  readonly #monotonic: () => number
  #shapes: readonly BatchShape[] = []
  #nextRun: (left: number) => number = () => 1

  constructor(
    session: InferenceSession,
    signature: Signature,
    { features, window, runsOn, timed = stopwatches }: Wanted & { readonly runsOn: Device; readonly timed?: Stopwatches },
  ) {
    this.#session = session
    this.#runsOn = runsOn
    this.#monotonic = runsOn === 'cpu' ? timed.spent : timed.clock
    this.#signature = signature
    this.#layout = { features, window, inputs: signature.inputs }
  }

  /** Batch sizes at which it is run. */
  get shapes(): readonly BatchShape[] {
    return this.#shapes
  }

  get #rowLength(): number {
    return this.#layout.features.length * this.#layout.window
  }

  async #run(inputs: readonly Tensor[]): Promise<Result> {
    const { output } = this.#signature
    const feeds = inputs.map(({ name, shape, data }) => [name, new OrtTensor(typeOf(data), data as Float32Array, shape)] as const)
    const { [output]: result } = await this.#session.run(Object.fromEntries(feeds), [output])
    return { data: asFloats(result?.data), shape: result?.dims ?? [] }
  }

  /** Runs once, finds out which batch sizes answer alike unless that is `proven` and it runs at them, and returns the values per output row. */
  async warmUp(outputs: number, proven: readonly BatchShape[] | undefined): Promise<number> {
    const zeros = toTensors(new Float64Array(this.#rowLength), 1, this.#layout)
    const { shape } = await this.#run(zeros).catch((error: unknown) => {
      throw refuse(`The model fails on a row of zeros: ${firstLine(error)}. Run it with onnxruntime in Python, and export it again.`)
    })
    const columns = this.#columnsOf(shape, outputs)
    if (proven !== undefined && (await this.#runsAt(proven))) this.#shapes = proven
    else this.#shapes = this.#signature.oneByOne ? await this.#timeOne(zeros) : await this.#probe(shape)
    this.#nextRun = planCuts(this.#shapes)
    return columns
  }

  /** Values per row of an output that has this shape for one row. */
  #columnsOf(shape: readonly number[], outputs: number): number {
    const columns = shape.length === 1 ? 1 : (shape[1] ?? 0)
    if (shape.length <= 2 && shape[0] === 1 && (columns === outputs || (columns === 1 && outputs === 2))) return columns
    const said = `The output ${JSON.stringify(this.#signature.output)} has the shape [${shape.join(', ')}] for one row`
    throw refuse(`${said}; the manifest needs [1, ${outputs}]. Export that shape, or correct output.kind and output.classes in model.yaml.`)
  }

  /** Can it be run at the largest of these sizes, here and now? Its memory and its kernels are there from then on. */
  async #runsAt(shapes: readonly BatchShape[]): Promise<boolean> {
    const rows = shapes.at(-1)?.rows ?? 1
    return this.#run(toTensors(new Float64Array(rows * this.#rowLength), rows, this.#layout)).then(
      () => true,
      () => false,
    )
  }

  async #timeOne(row: readonly Tensor[]): Promise<readonly BatchShape[]> {
    let ms = Infinity
    for (let time = 0; time < 3; time += 1) {
      const before = this.#monotonic()
      await this.#run(row)
      ms = Math.min(ms, this.#monotonic() - before)
    }
    return [{ rows: 1, ms }]
  }

  #probe(shapeOfOne: readonly number[]): Promise<readonly BatchShape[]> {
    const { features, inputs } = this.#layout
    const run: RunRows = async (rows, count) => {
      const { data, shape } = await this.#run(toTensors(rows, count, this.#layout))
      if (shape.length === shapeOfOne.length && shape[0] === count && shape[1] === shapeOfOne[1]) return data
      throw new Error('rows go in that do not come out')
    }
    const whole = new Set(wholeColumns(inputs, features.length))
    return provenShapes(run, {
      rowLength: this.#rowLength,
      isWhole: (at) => whole.has(at % features.length),
      budgetMs: probeBudgetMs,
      monotonic: this.#monotonic,
      oneSize: this.#runsOn !== 'cpu',
    })
  }

  /** The output of `toTensors` rows. Throws what the step and the session throw. */
  async call(inputs: readonly Tensor[], step: Step): Promise<Tensor> {
    const count = inputs[0]?.shape[0] ?? 0
    const parts: Floats[] = []
    for (let row = 0; row < count;) {
      const size = this.#nextRun(count - row)
      const { data } = await step(() => this.#run(size === count ? inputs : cut(inputs, row, size)), row, count)
      parts.push(data.subarray(0, (data.length / size) * Math.min(size, count - row)))
      row += size
    }
    const values = joined(parts)
    return { name: this.#signature.output, shape: [count, count === 0 ? 0 : values.length / count], data: values }
  }
}
