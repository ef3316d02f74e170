import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { ServingError } from '../../contracts/error.ts'
import { hostMs } from '../process/message.ts'
import type { ProcessModel } from '../process/serve-inference.ts'
import type { Tensor } from '../process/tensor.ts'
import { type BatchShape, joined, planCuts, provenShapes, type RunRows } from './batch-shapes.ts'
import { readModelFile } from './read-model-file.ts'
import { scanModel } from './scan-model.ts'
import { type Signature, signatureOf, type ValueInfo, type Wanted } from './signature.ts'

/** What the process is told to open; with `sha256`, only these bytes. */
export type OpenArgs = Wanted & { readonly path: string; readonly sha256?: string | undefined }

type Floats = Float32Array | Float64Array

// One thread each: the server runs a process per model, and a call of a few rows gains nothing from more. 3 = errors only.
const sessionOptions = { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 3 } as const

// A load of a fast model grows by some ms; of one that takes 100 ms a row by this.
const probeBudgetMs = 2_000

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string

async function readChecked({ path, sha256 }: OpenArgs): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  const file = await readModelFile(path)
  if (sha256 === undefined || sha256 === file.sha256) return file
  throw new ServingError(
    'model_verification_failed',
    'The model file is not the one that was verified: its SHA-256 differs. Restore it, or publish the change as a new version.',
  )
}

async function createSession(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, sessionOptions)
  } catch (error) {
    throw new ServingError(
      'model_verification_failed',
      `The model cannot be loaded: ${firstLine(error)}. Check it with onnx.checker.check_model; for an operator or opset that is not known, export with a lower opset.`,
    )
  }
}

/** What is known of a value that is no tensor is its name. */
const valueInfo = (value: InferenceSession.ValueMetadata): ValueInfo =>
  value.isTensor ? { name: value.name, type: value.type, shape: value.shape } : { name: value.name }

class OnnxGraph {
  readonly #session: InferenceSession
  readonly #signature: Signature
  readonly #rowLength: number
  #shapes: readonly BatchShape[] = []
  #nextRun: (left: number) => number = () => 1

  constructor(session: InferenceSession, signature: Signature) {
    this.#session = session
    this.#signature = signature
    this.#rowLength = signature.rowShape.reduce((product, size) => product * size, 1)
  }

  /** Batch sizes at which it is run. */
  get shapes(): readonly number[] {
    return this.#shapes.map(({ rows }) => rows)
  }

  async #run(rows: Floats, count: number): Promise<{ readonly data: Floats; readonly shape: readonly number[] }> {
    const { input, type, rowShape, output } = this.#signature
    const feed = new OrtTensor(type, rows as Float32Array, [count, ...rowShape])
    const { [output]: result } = await this.#session.run({ [input]: feed }, [output])
    return { data: result?.data as Floats, shape: result?.dims ?? [] }
  }

  #zeros(count: number): Floats {
    return this.#signature.type === 'float32' ? new Float32Array(count * this.#rowLength) : new Float64Array(count * this.#rowLength)
  }

  /** Runs once, finds out which batch sizes answer alike, and returns the values per output row. */
  async warmUp(outputs: number): Promise<number> {
    const { shape } = await this.#run(this.#zeros(1), 1).catch((error: unknown) => {
      throw new ServingError(
        'model_verification_failed',
        `The model fails on a row of zeros: ${firstLine(error)}. Run it with onnxruntime in Python, and export it again.`,
      )
    })
    const columns = shape.length === 1 ? 1 : (shape[1] ?? 0)
    const fits = shape.length <= 2 && shape[0] === 1 && (columns === outputs || (columns === 1 && outputs === 2))
    if (!fits) {
      const said = `The output ${JSON.stringify(this.#signature.output)} has the shape [${shape.join(', ')}] for one row`
      throw new ServingError(
        'model_verification_failed',
        `${said}; the manifest needs [1, ${outputs}]. Export that shape, or correct output.kind and output.classes in model.yaml.`,
      )
    }
    this.#shapes = this.#signature.oneByOne ? [{ rows: 1, ms: 0 }] : await this.#probe(shape)
    this.#nextRun = planCuts(this.#shapes)
    return columns
  }

  #probe(shapeOfOne: readonly number[]): Promise<readonly BatchShape[]> {
    const run: RunRows = async (rows, count) => {
      const { data, shape } = await this.#run(rows, count)
      if (shape.length === shapeOfOne.length && shape[0] === count && shape[1] === shapeOfOne[1]) return data
      throw new Error('rows go in that do not come out')
    }
    return provenShapes(run, { rowLength: this.#rowLength, zeros: (rows) => this.#zeros(rows), budgetMs: probeBudgetMs, monotonic: hostMs })
  }

  async call(rows: Tensor, until: number): Promise<Tensor> {
    const count = rows.shape[0] ?? 0
    const data = rows.data as Floats
    const parts: Floats[] = []
    for (let row = 0; row < count;) {
      if (row > 0 && hostMs() >= until) throw new ServingError('deadline_exceeded', `The deadline passed after ${row} of ${count} rows`)
      const size = this.#nextRun(count - row)
      parts.push(await this.#answer(data.subarray(row * this.#rowLength, (row + size) * this.#rowLength), size))
      row += size
    }
    const values = joined(parts)
    return { name: this.#signature.output, shape: [count, count === 0 ? 0 : values.length / count], data: values }
  }

  /** Rows in a run of `size`: what is missing is filled up with zeros, and what comes of those is cut off. */
  async #answer(rows: Floats, size: number): Promise<Floats> {
    const count = rows.length / this.#rowLength
    if (count === size) return (await this.#run(rows, size)).data
    const filled = this.#zeros(size)
    filled.set(rows)
    const { data } = await this.#run(filled, size)
    return data.subarray(0, (data.length / size) * count)
  }
}

/** Opens, checks and warms up a model inside its process. Throws `model_verification_failed` or `feature_contract_mismatch` with the fix. */
export async function openModel(args: OpenArgs): Promise<ProcessModel> {
  const { bytes, sha256 } = await readChecked(args)
  scanModel(bytes)
  const session = await createSession(bytes)
  const inputs = session.inputMetadata.map(valueInfo)
  const outputs = session.outputMetadata.map(valueInfo)
  const signature = signatureOf(inputs, outputs, args)
  const graph = new OnnxGraph(session, signature)
  const columns = await graph.warmUp(args.outputs)
  return {
    info: { inputs, outputs, signature, columns, shapes: graph.shapes, sha256, version: env.versions.node },
    async call([rows], until) {
      try {
        return [await graph.call(rows as Tensor, until)]
      } catch (error) {
        if (error instanceof ServingError) throw error
        process.stderr.write(`The model failed on a call: ${firstLine(error)}\n`)
        throw new ServingError('model_output_invalid', 'The model failed on these rows; the server log has its message', { cause: error })
      }
    },
  }
}
