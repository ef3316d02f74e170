import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { LoadedModel } from '../src/contracts/loaded-model.ts'
import { compileArtefact } from '../src/runtimes/compile-artefact.ts'
import { OnnxRuntime } from '../src/runtimes/onnx/onnx-runtime.ts'
import { PythonRuntime } from '../src/runtimes/python/python-runtime.ts'
import type { ArtefactSpec, ModelRuntime } from '../src/runtimes/runtime.ts'
import { TreesRuntime } from '../src/runtimes/trees/trees-runtime.ts'
import { systemClock } from '../src/system.ts'
import { artefactOf, plainArtefact } from '../test/support/plain-artefact.ts'
import { Framework, type FrameworkModel } from './runtimes/framework.ts'
import { drive, type Figures, rowsOf } from './support/drive.ts'
import { median, printTable } from './support/report.ts'
import { Launcher } from '../src/processes/launcher.ts'

const help = `npm run bench:runtimes [-- --rounds 9 --ms 150 --python .venv/bin/python]

Measures each runtime beside the framework's own call in Python, in turn in every round: single rows one after the other, and 64 callers that each wait for their row (the
framework: calls of 64 rows). Medians of the rounds; differences and ratios are of the same round. Bars are stated in their column.`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    ms: { type: 'string', default: '150' },
    python: { type: 'string', default: '.venv/bin/python' },
    help: { type: 'boolean', default: false },
  },
})
const together = 64
const ms = Number(values.ms)
const signal = new AbortController().signal

/** A served model, its original, and the most ms that a single row may take beyond the framework's own call, where there is a bar. */
type Contest = { readonly name: string; readonly served: LoadedModel; readonly own: FrameworkModel; readonly barMs?: number }
type Pair = { readonly own: Figures; readonly served: Figures }

/** What so many callers see of a model. */
function measureServed(model: LoadedModel, callers: number): Promise<Figures> {
  const rows = rowsOf(model.inputs, callers)
  const out = new Float64Array(model.outputs)
  const ask = (caller: number): Promise<unknown> | undefined => {
    const row = rows[caller] as Float64Array
    if (!model.predictSync) return model.predict(row, 1, { at: performance.now() + 10_000, signal })
    model.predictSync(row, out)
    return undefined
  }
  // A model in this process answers before the next caller can ask.
  return drive(ask, model.predictSync ? 1 : callers, ms)
}

const example = (path: string): string => fileURLToPath(new URL(`../examples/models/${path}`, import.meta.url))

async function load(runtime: ModelRuntime, spec: ArtefactSpec): Promise<LoadedModel> {
  const model = await runtime.load(spec, compileArtefact(runtime.kind, spec), signal)
  await model.bringAtHand?.()
  return model
}

async function contests(folder: string): Promise<readonly Contest[]> {
  const deps = { launcher: new Launcher(), clock: systemClock, random: Math.random, log: () => {} }
  const python = new PythonRuntime(deps, { executable: resolve(values.python), sandbox: 'off', allowUnsafeFormats: true })
  const onnx = new OnnxRuntime(deps)
  const onnxInServer = new OnnxRuntime(deps, { inServer: [plainArtefact.model.name] })
  const columns = (count: number) => ({ inputs: count, features: Array.from({ length: count }, (_, at) => `f${at}`) })
  const momentum = artefactOf(example('momentum/1.2.3/model.txt'), { format: 'lightgbm', ...columns(30) })
  const pipeline = artefactOf(join(folder, 'pipeline.joblib'), { format: 'sklearn-joblib', ...columns(12) })
  const lstm = artefactOf(example('lstm_momentum_v1/1.2.3/model.onnx'), { format: 'onnx', ...columns(9), window: 60, tensor: 'probabilities' })
  const baseline = artefactOf(example('baseline/1.0.0/model.onnx'), { format: 'onnx', ...columns(12), tensor: 'probabilities' })
  const booster = { framework: 'lightgbm', path: momentum.path } as const
  return [
    { name: 'LightGBM, trees in this process', served: await load(new TreesRuntime(systemClock), momentum), own: booster },
    { name: 'LightGBM, Python worker', served: await load(python, momentum), own: booster, barMs: 0.6 },
    { name: 'scikit-learn pipeline, Python worker', served: await load(python, pipeline), own: { framework: 'sklearn', path: pipeline.path }, barMs: 0.6 },
    { name: 'LSTM, ONNX process', served: await load(onnx, lstm), own: { framework: 'onnx', path: lstm.path }, barMs: 0.15 },
    { name: 'LSTM, ONNX in the server', served: await load(onnxInServer, lstm), own: { framework: 'onnx', path: lstm.path }, barMs: 0.15 },
    { name: 'baseline, ONNX process', served: await load(onnx, baseline), own: { framework: 'onnx', path: baseline.path } },
  ]
}

/** One model in one round, by one caller or by many. */
async function measure(framework: Framework, { own, served }: Contest, callers: number): Promise<Pair> {
  return { own: await framework.measure(own, { batch: callers, ms }), served: await measureServed(served, callers) }
}

function report(rounds: readonly ReadonlyMap<Contest, { readonly single: Pair; readonly many: Pair }>[]): void {
  const rows = [...(rounds[0]?.keys() ?? [])].map((contest) => {
    const seen = rounds.map((round) => round.get(contest) as { readonly single: Pair; readonly many: Pair })
    const of = (pick: (each: { readonly single: Pair; readonly many: Pair }) => number, digits: number): string => median(seen.map(pick)).toFixed(digits)
    const beyond = median(seen.map(({ single }) => single.served.p50 - single.own.p50))
    const verdict = contest.barMs === undefined ? '' : `${beyond <= contest.barMs ? 'held' : 'MISSED'} (${contest.barMs})`
    return [
      contest.name,
      of(({ single }) => single.own.p50, 3),
      of(({ single }) => single.served.p50, 3),
      beyond.toFixed(3),
      verdict,
      of(({ single }) => single.own.p99, 2),
      of(({ single }) => single.served.p99, 2),
      of(({ many }) => many.own.rowsPerS, 0),
      of(({ many }) => many.served.rowsPerS, 0),
      of(({ many }) => many.served.rowsPerS / many.own.rowsPerS, 2),
    ]
  })
  printTable(
    [
      '',
      'p50 ms in Python',
      'served',
      'difference',
      'bar',
      'p99 ms in Python',
      'served',
      `rows/s, ${together} a call, in Python`,
      `served to ${together}`,
      'ratio',
    ],
    rows,
  )
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-runtimes-'))
  const framework = await Framework.start(resolve(values.python), folder)
  const all = await contests(folder)
  try {
    const rounds: Map<Contest, { single: Pair; many: Pair }>[] = []
    for (let round = -1; round < Number(values.rounds); round += 1) {
      const seen = new Map<Contest, { single: Pair; many: Pair }>()
      for (const contest of all) seen.set(contest, { single: await measure(framework, contest, 1), many: await measure(framework, contest, together) })
      if (round >= 0) rounds.push(seen)
    }
    report(rounds)
  } finally {
    framework.stop()
    await Promise.all(all.map(({ served }) => served.dispose()))
    rmSync(folder, { recursive: true })
  }
}

if (values.help) console.log(help)
else await run()
