import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileForest } from '../../../src/trees/compile.ts'
import { instantiateForest } from '../../../src/trees/evaluator.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'

/** What a bundle is made of: a LightGBM text, and rows of which some become golden. */
export type BundleSource = { readonly text: string; readonly rows: Float64Array; readonly inputs: number }

/** As many as presage.save keeps. */
const goldenRows = 24

/** Rows spread over those given, with what the model answers. */
function goldenText({ text, rows, inputs }: BundleSource): string {
  const evaluator = instantiateForest(compileForest(parseLightGbm(text)))
  const step = Math.floor(rows.length / inputs / goldenRows)
  const golden = Array.from({ length: goldenRows }, (_, i) => {
    const row = rows.subarray(i * step * inputs, (i * step + 1) * inputs)
    const out = new Float64Array(1)
    evaluator.predict(row, out)
    return { input: Array.from(row, (value) => (Number.isNaN(value) ? 'NaN' : value)), output: [...out] }
  })
  return JSON.stringify({ schema: 1, tolerance: { absolute: 1e-9, relative: 1e-9 }, rows: golden })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function manifestText(version: string, files: Readonly<Record<string, string>>, inputs: number): string {
  const features = JSON.stringify(Array.from({ length: inputs }, (_, i) => `rsi(${i + 2})@1m`))
  return `schema: 1
name: "swapped"
version: "${version}"
runtime: "trees"
artefact: { path: "model.txt", format: "lightgbm" }
training_date: "2024-01-10T00:00:00Z"
metrics: {}
symbols: ["BTC/USDT"]
inputs: { timeframe: "1m", features: ${features}, window: 1 }
output: { kind: "binary", classes: ["down", "up"] }
signal: { buy: { class: "up", at_least: 0.6 }, sell: { class: "down", at_least: 0.6 } }
label: { kind: "direction", horizon: "15m", cost_bps: 8 }
golden: "golden.json"
files: ${JSON.stringify(files)}
`
}

/** Writes versions of one model as bundles into a folder of models; they differ in nothing but their numbers. */
export function writeBundles(folder: string, source: BundleSource, versions: readonly string[]): void {
  const contents = { 'model.txt': source.text, 'golden.json': goldenText(source) }
  const files = Object.fromEntries(Object.entries(contents).map(([path, content]) => [path, sha256(content)]))
  for (const version of versions) {
    const dir = join(folder, 'swapped', version)
    mkdirSync(dir, { recursive: true })
    for (const [path, content] of Object.entries(contents)) writeFileSync(join(dir, path), content)
    writeFileSync(join(dir, 'model.yaml'), manifestText(version, files, source.inputs))
  }
}
