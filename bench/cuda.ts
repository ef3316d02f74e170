import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { LoadedModel } from '../src/contracts/loaded-model.ts'
import type { ArtefactFormat } from '../src/contracts/artefact-formats.ts'
import { Launcher } from '../src/processes/launcher.ts'
import type { OutputLine } from '../src/processes/output-lines.ts'
import type { Device } from '../src/runtimes/device.ts'
import { OnnxRuntime } from '../src/runtimes/onnx/onnx-runtime.ts'
import type { ProcessEvent } from '../src/runtimes/process/process-event.ts'
import { PythonRuntime } from '../src/runtimes/python/python-runtime.ts'
import type { ModelRuntime } from '../src/runtimes/runtime.ts'
import { systemClock } from '../src/system.ts'
import { artefactOf } from '../test/support/plain-artefact.ts'
import { drive, type Figures } from './support/drive.ts'
import { median, printTable } from './support/report.ts'

const help = `npm run bench:cuda [-- --rounds 5 --ms 300 --python .venv/bin/python --forms onnx,pt,pt2 --only LSTM]

Serves networks on a graphics card and on the CPU (one thread), as ONNX, TorchScript and torch.export, in turn in every round: single rows one after the other, and 64 callers
that each wait for their row. Prints what computes each, how far its answers are from those in double precision, and whether rows have the same bits alone and together, and
in a process that took the place of a killed one. Fails where a model that asks for the card does not run there, and where a row has other bits. Needs PyTorch, and for ONNX what docs/runtimes.md says.`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '300' },
    python: { type: 'string', default: '.venv/bin/python' },
    only: { type: 'string', default: '' },
    forms: { type: 'string', default: 'onnx,pt,pt2' },
    help: { type: 'boolean', default: false },
  },
})
type Form = 'onnx' | 'pt' | 'pt2'
const formats: Readonly<Record<Form, ArtefactFormat>> = { onnx: 'onnx', pt: 'torchscript', pt2: 'torch-export' }
const ms = Number(values.ms)
const together = 64
const forms = (Object.keys(formats) as Form[]).filter((form) => values.forms.split(',').includes(form))
const signal = new AbortController().signal

type Network = {
  readonly name: string
  readonly window: number
  readonly inputs: number
  readonly paths: Readonly<Record<Form, string>>
  readonly rows: readonly number[]
  readonly answers: readonly number[]
}
type Served = { readonly model: LoadedModel; readonly network: Network }
type Round = { readonly single: Figures; readonly many: Figures }

const networks = (folder: string): readonly Network[] => {
  const script = fileURLToPath(new URL('./cuda/networks.py', import.meta.url))
  return JSON.parse(execFileSync(resolve(values.python), [script, folder, values.only], { encoding: 'utf8', maxBuffer: 1 << 30 })) as Network[]
}

/** What a model says of the rows `from` to `to` of its network. */
const answersOf = ({ model, network }: Served, from: number, to: number): Promise<Float64Array> =>
  model.predict(Float64Array.from(network.rows.slice(from * model.inputs, to * model.inputs)), to - from, { at: performance.now() + 60_000, signal })

async function singles(served: Served): Promise<Float64Array> {
  const answers: number[] = []
  for (let row = 0; row < together; row += 1) answers.push(...(await answersOf(served, row, row + 1)))
  return Float64Array.from(answers)
}

/** What so many callers see. */
const ask = (served: Served, callers: number): Promise<Figures> => drive((row) => answersOf(served, row, row + 1), callers, ms)

const sameBits = (a: Float64Array, b: Float64Array): boolean => a.every((value, at) => Object.is(value, b[at]))
const farthest = (answers: Float64Array, wanted: readonly number[]): number =>
  answers.reduce((most, value, at) => Math.max(most, Math.abs(value - (wanted[at] as number))), 0)

const otherBits = 'OTHER BITS'

/** The columns that say whether a model's answers are right, and stay so when its process is killed. */
async function proof(served: Served, kill: () => void): Promise<readonly string[]> {
  const alone = await singles(served)
  const joined = await answersOf(served, 0, together)
  kill()
  let again: Float64Array | undefined
  do again = await singles(served).catch(() => wait(50, undefined))
  while (again === undefined)
  const word = (isSame: boolean): string => (isSame ? 'same bits' : otherBits)
  return [farthest(alone, served.network.answers).toExponential(1), word(sameBits(alone, joined)), word(sameBits(alone, again))]
}

/** The columns of speed of several models, measured in turn. */
async function measure(all: readonly Served[]): Promise<readonly (readonly string[])[]> {
  const rounds: Round[][] = []
  for (let round = -1; round < Number(values.rounds); round += 1) {
    const seen: Round[] = []
    for (const served of all) seen.push({ single: await ask(served, 1), many: await ask(served, together) })
    if (round >= 0) rounds.push(seen)
  }
  return all.map((_, at) => {
    const of = (pick: (each: Round) => number): number => median(rounds.map((round) => pick(round[at] as Round)))
    return [of(({ single }) => single.p50).toFixed(3), of(({ many }) => many.rowsPerS).toFixed(0)]
  })
}

/** Loads models with the runtimes of the server, and can kill the process that started last. */
class Loader {
  readonly #launcher = new Launcher()
  readonly #onnx: ModelRuntime
  readonly #python: ModelRuntime
  #youngest = 0

  constructor(executable: string) {
    const onEvent = (event: ProcessEvent): void => void (this.#youngest = event.kind === 'ready' ? event.pid : this.#youngest)
    const log = ({ line }: OutputLine): void => console.error(line)
    const deps = { launcher: this.#launcher, clock: systemClock, random: Math.random, log, onEvent }
    this.#onnx = new OnnxRuntime(deps, { python: executable })
    this.#python = new PythonRuntime(deps, { executable, sandbox: 'auto', allowUnsafeFormats: true })
  }

  async load(network: Network, form: Form, device: Device): Promise<Served> {
    const { inputs, window } = network
    const features = Array.from({ length: inputs }, (_, at) => `f${at}`)
    const spec = artefactOf(network.paths[form], { format: formats[form], features, inputs, window, execution: { device } })
    const model = await (form === 'onnx' ? this.#onnx : this.#python).load(spec, undefined, signal)
    await model.bringAtHand?.()
    return { network, model }
  }

  kill(): void {
    process.kill(this.#youngest, 'SIGKILL')
  }

  close(): Promise<void> {
    return this.#launcher.close()
  }
}

/** Rows of the table of one network in one form, on the card and on the CPU. */
async function compare(loader: Loader, network: Network, form: Form): Promise<readonly (readonly string[])[]> {
  const pair: Served[] = []
  const proofs: (readonly string[])[] = []
  for (const device of ['cuda', 'cpu'] as const) {
    const served = await loader.load(network, form, device)
    pair.push(served)
    proofs.push(await proof(served, () => loader.kill()))
  }
  const figures = await measure(pair)
  await Promise.all(pair.map(({ model }) => model.dispose()))
  return pair.map(({ model }, at) => [network.name, model.engine, model.protection ?? '', ...(proofs[at] ?? []), ...(figures[at] ?? [])])
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-cuda-'))
  const loader = new Loader(resolve(values.python))
  try {
    const rows: (readonly string[])[] = []
    for (const network of networks(folder)) for (const form of forms) rows.push(...(await compare(loader, network, form)))
    printTable(['network', 'computed by', 'kept apart by', 'off by at most', 'together', 'after kill', 'single p50 ms', `rows/s for ${together}`], rows)
    const elsewhere = rows.filter(([, engine = '']) => engine.includes('cuda was asked for')).length
    const changing = rows.filter((row) => row.includes(otherBits)).length
    if (elsewhere + changing === 0) return
    console.error(`${elsewhere} models that ask for the graphics card run elsewhere, ${changing} give rows other bits together or after a restart`)
    process.exitCode = 1
  } finally {
    await loader.close()
    rmSync(folder, { recursive: true })
  }
}

if (values.help) console.log(help)
else await run()
