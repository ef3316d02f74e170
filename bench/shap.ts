import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Ensemble } from '../src/trees/ensemble.ts'
import { parseLightGbm } from '../src/trees/lightgbm.ts'
import { compileExplanations } from '../src/trees/shap/compile-explanations.ts'
import { type Contributions, exactContributions } from '../src/trees/shap/exact.ts'
import { instantiateExplainer } from '../src/trees/shap/explainer.ts'
import { median, printTable } from './support/report.ts'

const help = `npm run bench:shap [-- --rounds 7 model.txt ...]

Measures explanations of LightGBM text models, by default the example model: the kernel beside the exact port of LightGBM's algorithm in JavaScript. Both in turn in every round,
one thread, distinct rows; medians of the rounds.`

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const example = fileURLToPath(new URL('../examples/models/momentum/1.2.3/model.txt', import.meta.url))
const shortestMs = 100

/** Rows among the thresholds, so that every decision goes both ways; every ninth value is missing. */
function rowsFor({ inputs, feature, threshold }: Ensemble, count: number): readonly Float64Array[] {
  const seen = Array.from({ length: inputs }, (): number[] => [0])
  feature.forEach((input, node) => seen[input]?.push(threshold[node] as number))
  return Array.from({ length: count }, (_, r) =>
    Float64Array.from(seen, (among, i) => ((r * 5 + i) % 9 === 0 ? Number.NaN : (among[(r * 7919 + i * 31) % among.length] as number))),
  )
}

/** µs a row, over as many rows as take a tenth of a second. */
function time(explain: Contributions, rows: readonly Float64Array[], out: Float64Array): number {
  const start = performance.now()
  let done = 0
  do explain(rows[done++ % rows.length] as Float64Array, out)
  while (performance.now() - start < shortestMs)
  return ((performance.now() - start) / done) * 1_000
}

function measure(path: string): readonly string[] {
  const ensemble = parseLightGbm(readFileSync(path, 'utf8'))
  const started = performance.now()
  const compiled = compileExplanations(ensemble)
  if (compiled === undefined) return [basename(path), 'cannot be explained']
  const explainer = instantiateExplainer(compiled)
  const loadMs = performance.now() - started
  const exact = exactContributions(ensemble)
  const rows = rowsFor(ensemble, 200)
  const out = new Float64Array(ensemble.outputs * (ensemble.inputs + 1))
  const rounds = Array.from({ length: Number(values.rounds) }, () => ({ ours: time(explainer.contributions, rows, out), exact: time(exact, rows, out) }))
  const [ours, port] = [median(rounds.map((round) => round.ours)), median(rounds.map((round) => round.exact))]
  const ratio = median(rounds.map((round) => round.exact / round.ours))
  const figures = [ours.toFixed(0), port.toFixed(0), `${ratio.toFixed(1)}x`, loadMs.toFixed(0), (explainer.memoryBytes / 2 ** 20).toFixed(1)]
  return [`${basename(path)} (${ensemble.trees} trees, ${ensemble.leafValue.length} leaves)`, ...figures]
}

if (values.help) console.log(help)
else printTable(['model', 'kernel µs', 'exact port µs', 'ratio', 'compile ms', 'MB'], (positionals.length > 0 ? positionals : [example]).map(measure))
