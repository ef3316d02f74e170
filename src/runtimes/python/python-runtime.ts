import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { unsafeFormats } from '../../contracts/artefact-formats.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import type { Command } from '../../processes/command.ts'
import { type Device, DeviceReport, type Place, placeOf, placeWords } from '../device.ts'
import { batched } from '../batching/batched.ts'
import { batchSettings } from '../batching/batch-settings.ts'
import { type InferencePool, startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import { PoolModel } from '../process/pool-model.ts'
import { reporting } from '../process-report.ts'
import { ProvenSizes } from '../process/proven-sizes.ts'
import type { ProcessInfo } from '../process/message.ts'
import { memoryLimit, poolSize, recycling } from '../pool-by-manifest.ts'
import type { ArtefactSpec, ModelRuntime } from '../runtime.ts'
import { lackOf } from './find-python.ts'
import { packageFolder, pythonCommand } from './python-command.ts'
import { boxed, type Bubblewrap, cards, type Protection, workingBubblewrap } from './sandbox.ts'

/** What the operator decides about Python models; `executable` is the Python that has the frameworks, undefined where none was set up. */
export type PythonSettings = {
  readonly executable: string | undefined
  readonly sandbox: 'auto' | 'required' | 'off'
  readonly allowUnsafeFormats: boolean
  /** Folders of libraries for graphics cards that the linker does not find itself. */
  readonly libraryPath?: readonly string[]
  /** MiB that one worker may have; as many as there are where it is not said. */
  readonly processMemoryMb?: number
}

const protocol = 1

/** A model in Python workers. */
class PythonModel extends PoolModel {
  readonly protection: Protection
  readonly #asked: Device

  constructor(pool: InferencePool, { inputs, window, outputs, execution }: ArtefactSpec, protection: Protection) {
    super(pool, { inputs: inputs * window, outputs })
    this.#asked = execution.device ?? 'cpu'
    this.protection = protection
  }

  get engine(): string {
    const engine = String(this.pool.info['engine'])
    return this.#asked === 'cpu' ? engine : `${engine} on ${placeWords(this.place)}`
  }
  get place(): Place {
    return { asked: this.#asked, ...placeOf(this.pool.infos) }
  }
}

/** Models in the words of their own framework, in supervised Python processes. */
export class PythonRuntime implements ModelRuntime {
  readonly kind = 'python'
  readonly #deps: ProcessDeps
  readonly #settings: PythonSettings
  readonly #sizes: ProvenSizes
  constructor(deps: ProcessDeps, settings: PythonSettings, sizes = new ProvenSizes()) {
    this.#deps = deps
    this.#settings = settings
    this.#sizes = sizes
  }

  async load(spec: ArtefactSpec, _compiled: unknown, signal: AbortSignal): Promise<LoadedModel> {
    const executable = this.#admit(spec)
    const device = spec.execution.device ?? 'cpu'
    const { command, protection } = await this.#command(executable, spec)
    const { processMemoryMb = Infinity, allowUnsafeFormats } = this.#settings
    const limits = recycling(spec, processMemoryMb)
    const given = { ...argumentsOf(spec), device, allowUnsafe: allowUnsafeFormats }
    const labels = { model: spec.model.name, version: spec.model.version }
    // Of files without digests nobody knows whether they are the same.
    const known = Object.keys(spec.files).length > 0 ? this.#sizes : new ProvenSizes()
    const sizes = known.of(JSON.stringify({ ...given, executable, ...labels }))
    // Another worker must give a row the bits that the first one gives.
    const args = (first: ProcessInfo | undefined) => {
      if (first !== undefined) sizes.keep(first)
      return { ...given, ...memoryWords(spec, processMemoryMb), batch: sizes.known().map(provenBy) }
    }
    const report = new DeviceReport(reporting(this.#deps, spec.model), labels)
    const pool = await startInferencePool({ command, args, limits }, poolSize(spec), { ...report.deps, signal })
    for (const info of pool.infos) sizes.keep(info)
    const model = new PythonModel(pool, spec, protection)
    report.watch(model)
    return batched(model, batchSettings(spec), { ...this.#deps, labels })
  }

  /** How a worker is started, in a box where there is one, which shows graphics cards to a model that asks for one alone. */
  async #command(
    executable: string,
    { path, execution: { device = 'cpu' } }: ArtefactSpec,
  ): Promise<{ readonly command: Command; readonly protection: Protection }> {
    const { libraryPath = [] } = this.#settings
    const command = pythonCommand(executable, { threads: 1, device, libraryPath })
    const bubblewrap = await this.#bubblewrap()
    if (bubblewrap === undefined) return { command, protection: 'rlimits' }
    const readable = [packageFolder, path]
    const seen = device === 'cpu' ? { readable, devices: [] } : { readable: [...readable, ...libraryPath, ...cards.readable], devices: cards.devices }
    return { command: boxed(command, bubblewrap, seen), protection: 'bubblewrap' }
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
    const lack = lackOf(executable)
    if (lack !== undefined) throw refuse(lack)
    return executable
  }

  async #bubblewrap(): Promise<Bubblewrap | undefined> {
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

/** What a worker is told of its memory, as far as it is bounded: bytes that it may have once the model is loaded, and until then, when reading it may take more. */
function memoryWords(spec: ArtefactSpec, most: number): Readonly<Record<string, number>> {
  const bounds = { memory: memoryLimit(spec, most), loadingMemory: most * 2 ** 20 }
  return Object.fromEntries(Object.entries(bounds).filter(([, bytes]) => bytes !== Infinity))
}

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
