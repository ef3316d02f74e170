import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manifest } from '../../src/contracts/manifest.ts'

/** A bundle in the making: its files but the golden rows, what its manifest says beyond the usual, and what the original model gives for a row. */
export type BundleDraft = {
  readonly files: Readonly<Record<string, string | Buffer>>
  readonly manifest: Pick<Manifest, 'name' | 'runtime' | 'artefact'> & Partial<Manifest>
  readonly answer: (row: readonly number[]) => readonly number[]
  /** Inputs of the golden rows, NaN = missing; `goldenInputs` unless it says otherwise. */
  readonly rows?: readonly (readonly number[])[]
  /** How far the model may be from its golden rows, 1e-12 and 1e-9 of them unless it says otherwise. */
  readonly tolerance?: { readonly absolute: number; readonly relative: number }
}

/** Price, volume, RSI: the features that a request can bring along. */
export const plainFeatures = ['close@1m', 'volume@1m', 'rsi(14)@1m']

/** The inputs of the golden rows. */
export const goldenInputs = Array.from({ length: 20 }, (_, i) => [40_000 + 500 * i, 1_000 + 97 * i, (i * 37) % 101])

const usualTolerance = { absolute: 1e-12, relative: 1e-9 }
const common = {
  schema: 1,
  version: '1.0.0',
  training_date: '2024-01-10T00:00:00Z',
  metrics: { accuracy: 0.6 },
  symbols: ['*'],
  inputs: { timeframe: '1m', features: plainFeatures },
  output: { kind: 'binary', classes: ['down', 'up'] },
  signal: { buy: { class: 'up', at_least: 0.55 }, sell: { class: 'down', at_least: 0.55 } },
  label: { kind: 'direction', horizon: '15m', cost_bps: 8 },
  golden: 'golden.json',
} as const satisfies Partial<Manifest>

/** Writes `models/NAME/VERSION/` with golden rows and digests: a binary model of price, volume and RSI unless the draft says otherwise. Gives the folder. */
export function writeBundle(models: string, { files, manifest, answer, rows: inputs = goldenInputs, tolerance = usualTolerance }: BundleDraft): string {
  const rows = inputs.map((input) => ({ input: input.map((value) => (Number.isNaN(value) ? 'NaN' : value)), output: answer(input) }))
  const golden = JSON.stringify({ schema: 1, tolerance, rows })
  const texts = { ...files, 'golden.json': golden }
  const digests = Object.entries(texts).map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')])
  const whole: Manifest = { ...common, ...manifest, files: Object.fromEntries(digests) }
  const folder = join(models, whole.name, whole.version)
  // JSON is YAML.
  for (const [name, text] of Object.entries({ ...texts, 'model.yaml': JSON.stringify(whole, null, 2) })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}
