import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { ArtefactFormat } from '../contracts/artefact-formats.ts'
import { parseGolden } from '../models/golden.ts'
import { loadBundle } from '../models/load-bundle.ts'
import type { ManifestFile } from '../models/manifest-file.ts'
import { prepareHere } from '../models/prepare-bundle.ts'
import { readManifest } from '../models/read-manifest.ts'
import { profileTrees } from '../runtimes/trees/profile-trees.ts'
import { systemClock } from '../system.ts'
import { type ConfigOptions, withConfigOptions } from './config-options.ts'
import { type CallFigures, measureCalls } from './measure-calls.ts'
import { numberWithin, wholeNumberWithin } from './number-option.ts'
import { quietRuntimes } from './quiet-runtimes.ts'
import { tableLines } from './table.ts'

type BenchOptions = ConfigOptions & { readonly rows?: string; readonly seconds: number; readonly batch: number }
/** A model in memory, the lines that are known of it before it runs, and rows for it where nobody gave any. */
type Opened = { readonly model: LoadedModel; readonly facts: readonly (readonly [string, string])[]; readonly rows: () => Float64Array }

const madeUpRows = 1000
const patience = 120_000
const ms = (value: number): string => `${value.toFixed(1)} ms`

async function openTrees(path: string, format?: ArtefactFormat): Promise<Opened> {
  const { model, ...profile } = await profileTrees(path, format, systemClock)
  const facts = [
    ['format', profile.format],
    ['trees', String(profile.trees)],
    ['leaves', `${profile.leaves}, ${profile.mostLeaves} in the largest tree`],
    ['features', String(model.inputs)],
    ['evaluator', `${model.engine} (${profile.why})`],
    ['parse', ms(profile.ms.parse)],
    ['compile', ms(profile.ms.compile)],
    ['warm', ms(profile.ms.warm)],
  ] as const
  return { model, facts, rows: () => profile.rows(madeUpRows) }
}

async function openElse(file: ManifestFile, options: ConfigOptions): Promise<Opened> {
  const { dir, manifest } = file
  const { artefact, golden } = manifest
  const runtimes = quietRuntimes(options)
  const started = performance.now()
  const control = { signal: AbortSignal.timeout(patience), onPhase: () => {} }
  const { runtime } = await loadBundle(file, { runtimes, clock: systemClock, preparation: prepareHere, allowUnverified: true }, control)
  const facts = [
    ['format', artefact.format],
    ['features', String(runtime.inputs)],
    ['evaluator', runtime.engine],
    ['load', ms(performance.now() - started)],
  ] as const
  const own = golden === undefined ? undefined : join(dir, golden)
  return { model: runtime, facts, rows: () => (own === undefined ? new Float64Array(madeUpRows * runtime.inputs) : goldenRows(own, runtime.inputs)) }
}

function open(path: string, options: ConfigOptions): Promise<Opened> {
  if (!existsSync(path))
    throw new ServingError('validation_failed', `${path} is not there; name a bundle folder (with model.yaml) or a model file such as model.txt`)
  if (!statSync(path).isDirectory()) return openTrees(path)
  const file = readManifest(path)
  const { dir, manifest } = file
  return manifest.runtime === 'trees' ? openTrees(join(dir, manifest.artefact.path), manifest.artefact.format) : openElse(file, options)
}

function goldenRows(path: string, inputs: number): Float64Array {
  try {
    return parseGolden(readFileSync(path, 'utf8'), inputs).inputs
  } catch (cause) {
    throw new ServingError('validation_failed', `${path} holds no golden rows: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function figureLines(
  { calls, p50, p99, p999, rowsPerSecond }: CallFigures,
  { batch, source }: { batch: number; source: string },
): (readonly [string, string])[] {
  const us = (value: number): string => `${value.toFixed(2)} µs`
  return [
    ['one row, p50', us(p50)],
    ['one row, p99', us(p99)],
    ['one row, p99.9', us(p999)],
    [`batch of ${batch}`, `${Math.round(rowsPerSecond).toLocaleString('en')} rows/s`],
    ['measured on', `${source}, ${calls.toLocaleString('en')} single calls`],
  ]
}

async function benchModel(path: string, { rows, seconds, batch, ...options }: BenchOptions): Promise<void> {
  const { model, facts, rows: ownRows } = await open(resolve(path), options)
  try {
    const values = rows === undefined ? ownRows() : goldenRows(rows, model.inputs)
    const figures = await measureCalls(model, values, { clock: systemClock, plan: { ms: seconds * 1000, batch } })
    const memory = ['memory', `${(model.memoryBytes / 2 ** 20).toFixed(2)} MB`] as const
    const source = `${values.length / model.inputs} rows of ${rows ?? 'its own'}`
    console.log(tableLines(['', path], [...facts, memory, ...figureLines(figures, { batch, source })]).join('\n'))
  } finally {
    await model.dispose()
  }
}

const examples = `
Examples:
  presage bench model model.txt                              any file of trees that the server reads
  presage bench model examples/models/momentum/1.2.3         a bundle
  presage bench model model.txt --rows golden.json --seconds 5
`

/** Adds `presage bench model PATH`: what a model is, how it is evaluated, and how fast and large it is on this machine. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure a model on this machine').addHelpText('after', examples)
  withConfigOptions(bench.command('model'))
    .description('print evaluator, latency and memory of a model; nothing is sent to a server')
    .argument('<path>', 'bundle folder, or a model file such as model.txt')
    .option(
      '--rows <file>',
      'golden rows (JSON, as in bundles) to measure on; else rows made from the thresholds of the trees, or the golden rows of the bundle',
    )
    .option('--seconds <number>', 'how long to measure single rows, and again batches', numberWithin(0.01, 600), 1)
    .option('--batch <rows>', 'rows per batch', wholeNumberWithin(1, 100_000, 'A whole number of rows'), 1024)
    .action(benchModel)
}
