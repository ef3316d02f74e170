import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Deadline } from '../../../src/contracts/ports.ts'
import type { ProcessDeps } from '../../../src/runtimes/process/inference-process.ts'
import type { ProcessEvent } from '../../../src/runtimes/process/process-event.ts'
import { loadOnnx } from '../../../src/runtimes/onnx/load-onnx.ts'
import type { OnnxModel, OnnxSpec } from '../../../src/runtimes/onnx/onnx-model.ts'
import { systemClock } from '../../../src/system.ts'
import { Launcher } from '../../../src/processes/launcher.ts'

const launcher = new Launcher()

/** Absolute path of a model of this folder. */
export const modelPath = (name: string): string => fileURLToPath(new URL(`./${name}.onnx`, import.meta.url))

/** A deadline `ms` from now. */
export const within = (ms: number, signal: AbortSignal = new AbortController().signal): Deadline => ({ at: systemClock.monotonic() + ms, signal })

/** A model with what happened to its process; `using` it disposes it. */
export type ModelUnderTest = AsyncDisposable & {
  readonly model: OnnxModel
  readonly printed: readonly string[]
  /** The next event of that kind after this call. */
  next<Kind extends ProcessEvent['kind']>(kind: Kind): Promise<Extract<ProcessEvent, { kind: Kind }>>
}

/** Loads `identity` (2 columns in, the same out) unless told otherwise; `inputs` nameless columns where there are no `features`. */
export async function makeModel({
  signal,
  inputs = 2,
  ...overrides
}: Partial<OnnxSpec> & { readonly inputs?: number; readonly signal?: AbortSignal } = {}): Promise<ModelUnderTest> {
  const events = new EventEmitter()
  const printed: string[] = []
  const features = Array.from({ length: inputs }, (_, at) => `column ${at}`)
  const spec = { path: modelPath('identity'), features, window: 1, outputs: 2, ...overrides }
  const deps: ProcessDeps = {
    launcher,
    clock: systemClock,
    random: () => 0,
    log: ({ line }) => printed.push(line),
    onEvent: (event) => events.emit(event.kind, event),
  }
  const model = await loadOnnx(spec, deps, signal)
  return {
    model,
    printed,
    next: async (kind) => (await once(events, kind))[0],
    [Symbol.asyncDispose]: () => model.dispose(),
  }
}

/** Resolves when process `pid`, which need not be a child of this one, no longer exists. */
export async function gone(pid: number): Promise<void> {
  await once(spawn('tail', ['-f', '/dev/null', '-s', '0.05', `--pid=${pid}`]), 'exit')
}
