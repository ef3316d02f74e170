import v8 from 'node:v8'
import { compileForest } from '../../src/trees/compile.ts'
import type { Engine } from '../../src/trees/choose-engine.ts'
import type { Ensemble } from '../../src/trees/ensemble.ts'
import { instantiateForest } from '../../src/trees/evaluator.ts'
import { ModelFormatError } from '../../src/trees/model-format-error.ts'
import type { FuzzedFormat } from './formats.ts'
import { drawsOf, oneOf, type Draw } from './random.ts'

/** What one file came to, and what it cost: CPU time of this thread, bytes allocated (garbage included, so never less than the peak) to parse and to compile. */
export type CaseResult = {
  readonly verdict: 'refused' | 'accepted' | 'compiled'
  readonly bytes: number
  readonly ms: number
  readonly parseBytes: number
  readonly compileBytes: number
  /** Collections of garbage meanwhile, which take what the bytes would count. */
  readonly collections: number
}

/** What no file may do; everything that a case throws is one. */
export class Fault extends Error {
  override readonly name = 'Fault'
}

/** The promise: a second of CPU; 20 times the file, or the floor: what a small forest takes whatever its size (pages of 64 KiB, instructions, warm-up). */
export const limits = { ms: 1000, timesFile: 20, parseFloor: 1 << 20, compileFloor: 8 << 20, messageLength: 500 } as const

/** A new engine has to be listed here to compile, and is then held to the interpreter too. */
const engines: Readonly<Record<Engine, true>> = { 'bit-slab': true, bt4: true, wide: true, interpreter: true }
const engineNames = Object.keys(engines) as Engine[]

/** As many rows as go through the kernel for many. */
const rowCount = 16

const specials = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  5e-324,
  -1e-35,
  1e-35,
  1.0000000180025095e-35,
  1,
  -1,
  0.5,
  -0.5,
  31,
  32,
  63.9,
  1e18,
  -1e300,
  2147483648,
  4294967296,
]

function rowOf({ inputs, threshold, feature }: Ensemble, draw: Draw): Float64Array {
  const row = Float64Array.from({ length: inputs }, () => oneOf(draw, specials))
  for (let k = 0; k < Math.min(threshold.length, 2 * inputs); k++) {
    const node = draw(threshold.length)
    row[feature[node]!] = threshold[node]!
  }
  return row
}

type Answers = { readonly by: string; readonly out: Float64Array }

/** What every engine answers to rows, one by one and all at once; the interpreter answers last. The kernel for many rows is the same beside each of them. */
function answersOf(ensemble: Ensemble, rows: Float64Array, relaxedSimd: boolean): Answers[] {
  const { inputs, outputs } = ensemble
  return engineNames.flatMap((engine) => {
    const isLast = engine === 'interpreter'
    const evaluator = instantiateForest(compileForest(ensemble, { engine, relaxedSimd, batch: isLast }))
    const [out, batch] = [new Float64Array(rowCount * outputs), new Float64Array(rowCount * outputs)]
    for (let r = 0; r < rowCount; r++) evaluator.predictRaw(rows.subarray(r * inputs, (r + 1) * inputs), out.subarray(r * outputs, (r + 1) * outputs))
    evaluator.predict(rows.subarray(0, inputs), new Float64Array(outputs))
    evaluator.predictBatchRaw(rows, rowCount, batch)
    return [
      { by: `a batch by ${isLast ? 'blocks' : evaluator.name}`, out: batch },
      { by: evaluator.name, out },
    ]
  })
}

function checkAnswers(ensemble: Ensemble, draw: Draw): void {
  const rows = Float64Array.from(Array.from({ length: rowCount }, () => [...rowOf(ensemble, draw)]).flat())
  const answers = answersOf(ensemble, rows, draw(2) === 0)
  const expected = answers.at(-1)!.out
  for (const { by, out } of answers) {
    const at = out.findIndex((value, i) => !Object.is(value, expected[i]))
    if (at < 0) continue
    const [r, k] = [Math.floor(at / ensemble.outputs), at % ensemble.outputs]
    const row = rows.subarray(r * ensemble.inputs, (r + 1) * ensemble.inputs)
    throw new Fault(`${by} gives ${out[at]} for output ${k}, the interpreter ${expected[at]}, of the row ${row.join(' ')}`)
  }
}

const bytesInUse = (): number => {
  const { used_heap_size, external_memory } = v8.getHeapStatistics()
  return used_heap_size + external_memory
}

function refusalOf(format: FuzzedFormat, error: unknown): 'refused' {
  if (!(error instanceof ModelFormatError)) throw new Fault(`threw ${error instanceof Error ? error.stack : String(error)}`)
  if (!format.isLocated(error)) throw new Fault(`the error does not say where: ${error.message}`)
  if (error.message.length > limits.messageLength) throw new Fault(`the error's message has ${error.message.length} characters`)
  return 'refused'
}

function parsed(format: FuzzedFormat, file: Uint8Array): Ensemble | 'refused' {
  try {
    return format.parse(file)
  } catch (error) {
    return refusalOf(format, error)
  }
}

/** Parses a file; if it is accepted and `compile` says so, holds every engine to the interpreter on rows drawn. Throws Fault. */
export function measureCase(format: FuzzedFormat, file: Uint8Array, { draw, compile }: { draw: Draw; compile: boolean }): CaseResult {
  const profiler = new v8.GCProfiler()
  profiler.start()
  const [before, cpu] = [bytesInUse(), process.threadCpuUsage()]
  const ensemble = parsed(format, file)
  const between = bytesInUse()
  if (ensemble !== 'refused' && compile) checkAnswers(ensemble, draw)
  const { user, system } = process.threadCpuUsage(cpu)
  return {
    verdict: ensemble === 'refused' ? 'refused' : compile ? 'compiled' : 'accepted',
    bytes: file.length,
    ms: (user + system) / 1000,
    parseBytes: between - before,
    compileBytes: bytesInUse() - between,
    collections: profiler.stop()?.statistics.length ?? 0,
  }
}

/**
 * What a result breaks of the promise, if anything. Where garbage was collected within the case, it must have allocated all the room there was. Fewer bytes in use than before are no sign of that: the engine also corrects its
 * figures (by up to half a megabyte) without a collection, most on a busy machine.
 */
export function brokenLimit({ bytes, ms, parseBytes, compileBytes, collections }: CaseResult): string | undefined {
  const most = (floor: number): number => Math.max(limits.timesFile * bytes, floor)
  const isOver = (taken: number, floor: number): boolean => taken > most(floor)
  if (ms > limits.ms) return `took ${Math.round(ms)} ms of CPU`
  if (collections > 0) return `${bytes} bytes made the engine collect garbage`
  if (isOver(parseBytes, limits.parseFloor)) return `parsing ${bytes} bytes allocated ${parseBytes}`
  if (isOver(compileBytes, limits.compileFloor)) return `compiling a file of ${bytes} bytes allocated ${compileBytes}`
  return undefined
}

/** One case with the limits held. What breaks one is measured again on a clean heap, as the engine's own work (compiling this code) falls on any case. Throws Fault. */
export function runCase(format: FuzzedFormat, file: Uint8Array, options: { seed: number; compile: boolean; collect: () => void }): CaseResult {
  const again = (): CaseResult => measureCase(format, file, { draw: drawsOf(~options.seed), compile: options.compile })
  const first = again()
  if (brokenLimit(first) === undefined) return first
  // Arrays outside the heap are swept in the background after a collection; the next one waits for that.
  options.collect()
  options.collect()
  const second = again()
  const broken = brokenLimit(second)
  if (broken !== undefined) throw new Fault(broken)
  return second
}
