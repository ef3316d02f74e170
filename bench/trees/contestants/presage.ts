import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { compileForest } from '../../../src/trees/compile.ts'
import { instantiateForest } from '../../../src/trees/evaluator.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'
import { warmUp } from '../../../src/trees/warm-up.ts'
import { explainerOf } from '../explain.ts'
import { readDoubles, writeDoubles } from '../rows-file.ts'

const [modelPath = '', rowsPath = '', features = ''] = process.argv.slice(2)
const inputs = Number(features)
const values = readDoubles(rowsPath)
const count = values.length / inputs
const rows = Array.from({ length: count }, (_, r) => values.subarray(r * inputs, (r + 1) * inputs))
const ensemble = parseLightGbm(readFileSync(modelPath, 'utf8'))
const compiled = compileForest(ensemble)
const evaluator = instantiateForest(compiled)
const explain = explainerOf(ensemble)
warmUp(evaluator, compiled.warmRows)

const callsPerClock = 16
/** As in contestant.c. */
const explainedRows = 4
const out = new Float64Array(1)
const contributions = new Float64Array(inputs + 1)
const latencies = new Float64Array(1 << 20)
let call = 0
const nextRow = (): Float64Array => rows[call++ % count]!

/** CPU time of this thread in ns. */
function usedNs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) * 1e3
}

/** Mean CPU time of calls in a row in ns, then quantiles of calls timed one by one. */
function single(ms: number): object {
  const used = usedNs()
  let calls = 0
  for (const end = performance.now() + ms; performance.now() < end; calls += callsPerClock)
    for (let i = 0; i < callsPerClock; i++) evaluator.predictRaw(nextRow(), out)
  const mean = (usedNs() - used) / calls
  let timed = 0
  for (const end = performance.now() + ms; timed < latencies.length; timed++) {
    const row = nextRow()
    const before = performance.now()
    if (before >= end && timed > 0) break
    evaluator.predictRaw(row, out)
    latencies[timed] = (performance.now() - before) * 1e6
  }
  const sorted = latencies.slice(0, timed).sort()
  return { mean, p50: sorted[timed >> 1], p99: sorted[Math.floor(timed * 0.99)], calls: timed }
}

function batch(size: number, ms: number): object {
  const many = new Float64Array(size * inputs)
  for (let at = 0; at < many.length; at += values.length) many.set(values.subarray(0, many.length - at), at)
  const scores = new Float64Array(size)
  const used = usedNs()
  let passes = 0
  for (const end = performance.now() + ms; passes === 0 || performance.now() < end; passes++) evaluator.predictBatchRaw(many, size, scores)
  return { rowsPerSecond: (passes * size) / ((usedNs() - used) / 1e9) }
}

function explainFor(ms: number): object {
  const used = usedNs()
  let calls = 0
  for (const end = performance.now() + ms; performance.now() < end; calls++) explain(nextRow(), contributions)
  return { mean: (usedNs() - used) / calls }
}

function answersOf(kind: string): Float64Array {
  if (kind === 'contributions') {
    const all = new Float64Array(explainedRows * contributions.length)
    for (let r = 0; r < explainedRows; r++) explain(rows[r]!, all.subarray(r * contributions.length, (r + 1) * contributions.length))
    return all
  }
  const scores = new Float64Array(count)
  if (kind === 'batch') evaluator.predictBatchRaw(values, count, scores)
  else rows.forEach((row, r) => evaluator.predictRaw(row, scores.subarray(r, r + 1)))
  return scores
}

function answer(kind: string, path: string): object {
  const scores = answersOf(kind)
  writeDoubles(path, scores)
  return { written: scores.length }
}

const questions: Readonly<Record<string, (...words: string[]) => object>> = {
  single: (ms) => single(Number(ms)),
  batch: (size, ms) => batch(Number(size), Number(ms)),
  explain: (ms) => explainFor(Number(ms)),
  answer: (kind = '', path = '') => answer(kind, path),
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
say({ name: evaluator.name })
for await (const line of createInterface({ input: process.stdin })) {
  const [question = '', ...words] = line.split(' ')
  say(questions[question]!(...words))
}
