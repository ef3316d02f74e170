import { dirname } from 'node:path'
import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { unsafeFormats } from '../../contracts/manifest.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { type Device, type Place, placeWords, reportDevice } from '../device.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import { type InferencePool, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { FirstInfos } from '../process/first-infos.ts'
import type { ProcessInfo } from '../process/message.ts'
import { memoryLimit, poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { packageFolder, pythonCommand } from './python-command.ts'
import { boxed, cards, type Protection, workingBubblewrap } from './sandbox.ts'

/** What the operator decides about Python models; `executable` is the Python that has the frameworks, undefined where none was set up. */
export type PythonSettings = {
  readonly executable: string | undefined
  readonly sandbox: 'auto' | 'required' | 'off'
  readonly allowUnsafeFormats: boolean
  /** Folders of libraries for graphics cards that the linker does not find itself. */
  readonly libraryPath?: readonly string[]
}

const protocol = 1

const refuse = (message: string): ServingError => new ServingError('model_verification_failed', message)

/** A model in Python workers. */
class PythonModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly protection: Protection
  readonly #pool: InferencePool
  readonly #asked: Device

  constructor(pool: InferencePool, { inputs, window, outputs, execution }: ArtefactSpec, protection: Protection) {
    this.#pool = pool
    this.#asked = execution.device ?? 'cpu'
    this.inputs = inputs * window
    this.outputs = outputs
    this.protection = protection
  }

  get engine(): string {
    const engine = String(this.#pool.info['engine'])
    return this.#asked === 'cpu' ? engine : `${engine} on ${placeWords(this.place)}`
  }
  get place(): Place {
    const { device, fallback } = this.#pool.info
    return { asked: this.#asked, device: String(device), fallback: typeof fallback === 'string' ? fallback : undefined }
  }
  get memoryBytes(): number {
    return this.#pool.info.rssBytes
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    if (rows.length !== count * this.inputs) throw new RangeError(`${count} rows of ${this.inputs} values are not ${rows.length} values`)
    if (count === 0) return new Float64Array(0)
    const [answer] = await this.#pool.call([{ name: 'rows', shape: [count, this.inputs], data: rows }], deadline)
    if (answer?.data instanceof Float64Array && answer.data.length === count * this.outputs) return answer.data
    throw new ServingError('model_output_invalid', `The model gave ${answer?.data.length ?? 0} values for ${count} rows instead of ${count * this.outputs}`)
  }

  dispose(): Promise<void> {
    return this.#pool.dispose()
  }
}

/** Models in the words of their own framework, in supervised Python processes. */
export class PythonRuntime implements ModelRuntime {
  readonly kind = 'python'
  readonly #deps: ProcessDeps
  readonly #settings: PythonSettings
  readonly #firsts: FirstInfos
  constructor(deps: ProcessDeps, settings: PythonSettings, firsts = new FirstInfos()) {
    this.#deps = deps
    this.#settings = settings
    this.#firsts = firsts
  }

  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const executable = this.#admit(spec)
    const device = spec.execution.device ?? 'cpu'
    const { libraryPath = [] } = this.#settings
    const bare = pythonCommand(executable, { threads: 1, device, libraryPath })
    const bubblewrap = await this.#bubblewrap()
    const seen = device === 'cpu' ? { readable: [], devices: [] } : cards()
    const readable = [dirname(dirname(executable)), packageFolder, spec.path, ...libraryPath, ...seen.readable]
    const command = bubblewrap === undefined ? bare : boxed(bare, bubblewrap, { ...seen, readable })
    const memory = memoryLimit(spec)
    const given = { ...argumentsOf(spec), device, allowUnsafe: this.#settings.allowUnsafeFormats, ...(memory === undefined ? {} : { memory }) }
    const artefact = JSON.stringify({ ...given, memory: 0, executable })
    // Another worker must give a row the bits that the first one gives.
    const args = (first: ProcessInfo | undefined = this.#firsts.of(artefact)) => (first === undefined ? given : { ...given, batch: provenBy(first) })
    const pool = await startInferencePool({ command, args, limits: recycling(spec) }, poolSize(spec), { ...this.#deps, signal })
    // Of files without digests nobody knows whether they are the same.
    if (Object.keys(spec.files).length > 0) this.#firsts.keep(artefact, pool.info)
    const model = new PythonModel(pool, spec, bubblewrap === undefined ? 'rlimits' : 'bubblewrap')
    const labels = { model: spec.model.name, version: spec.model.version }
    reportDevice(this.#deps.meter, model.place, labels)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }

  /** The Python to use; refuses what the operator has not allowed. */
  #admit({ format }: ArtefactSpec): string {
    const { executable, allowUnsafeFormats } = this.#settings
    if (unsafeFormats.includes(format) && !allowUnsafeFormats)
      throw refuse(
        `Reading ${format} runs whatever its author wrote: save the model in a format that is only data (ONNX, skops, trees), or set models.allowUnsafeFormats`,
      )
    if (executable === undefined)
      throw refuse('This server has no Python for models in their own framework: run `presage python setup`, or set python.executable')
    return executable
  }

  async #bubblewrap(): Promise<string | undefined> {
    const { sandbox } = this.#settings
    if (sandbox === 'off') return undefined
    const found = await workingBubblewrap()
    if (found === undefined && sandbox === 'required')
      throw refuse(
        'python.sandbox is `required`, but bubblewrap is not installed or may not make namespaces here: install it (apt-get install bubblewrap), or set python.sandbox to `auto`',
      )
    return found
  }
}

/** The batch sizes that a worker proved, and where. */
const provenBy = ({ batch, device, versions }: ProcessInfo) => ({ sizes: batch, device, versions })

/** What a worker is told to load. */
const argumentsOf = ({ path, files, format, method, class: className, features, inputs, window, outputs, kind, tensor }: ArtefactSpec) => ({
  protocol,
  path,
  files,
  format,
  features,
  inputs,
  window,
  outputs,
  kind,
  threads: 1,
  ...(method === undefined ? {} : { method }),
  ...(className === undefined ? {} : { class: className }),
  ...(tensor === undefined ? {} : { tensor }),
})
