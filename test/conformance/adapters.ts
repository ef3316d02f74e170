import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { readXgBoostZoo } from '../golden/xgboost/read-xgboost-zoo.ts'
import { pathOf } from '../support/pages.ts'
import { pythonOrSkip } from '../support/python.ts'
import { type BundleDraft, plainFeatures, writeBundle } from '../support/write-bundle.ts'
import { lean } from './fixtures/leaning.mts'
import type { World } from './world.ts'

/** One way to execute a real model, and what is to be expected of it beyond the laws. */
export type Adapter = {
  readonly name: string
  /** The folder of a bundle; undefined, and the test skipped, where what makes it is not there. */
  readonly bundle: (world: World, t: TestContext) => string | undefined
  /** What becomes of a row with a missing value: `unproven` is a number that nobody vouches for, so its manifest may not name an input optional. */
  readonly missing: 'answered' | 'refused' | 'unproven'
  /** True: a row that begins with 13 takes 400 ms. */
  readonly isSlow?: boolean
  /** True: its bundle is on the list of those that are computed in the server. */
  readonly inServer?: boolean
  /** True: raw scores are explained; a logistic curve makes probabilities of them. */
  readonly explains?: boolean
}

const leaningRows = Array.from({ length: 16 }, (_, i) => [i / 4 - 2, ((i * 7) % 5) - 2, 1 / (i + 1)])
const rowsWithMissing = [...leaningRows, [Number.NaN, 1, 2], [1, 2, Number.NaN]]
const withoutMissing = (row: readonly number[]): number[] => row.map((value) => (Number.isNaN(value) ? 0 : value))
const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')

function xgboost({ folder }: World): string {
  const model = readXgBoostZoo().find(({ name }) => name === 'binary-hist')
  if (model === undefined) throw new Error('the zoo has no model binary-hist')
  const answers = new Map(model.rows.map((row, i) => [row.join(), [model.predicted[i] as number]]))
  return writeBundle(folder, {
    files: { 'model.json': model.text },
    manifest: {
      name: 'xgboost',
      runtime: 'trees',
      artefact: { path: 'model.json', format: 'xgboost-json' },
      inputs: { timeframe: '1m', features: Array.from({ length: model.rows[0]?.length ?? 0 }, (_, i) => `f${i}`) },
    },
    rows: model.rows.map((row) => [...row]),
    answer: (row) => answers.get(row.join()) ?? [],
    // XGBoost's probabilities are float32, and differ by a bit with the machine's expf.
    tolerance: { absolute: 1e-7, relative: 0 },
  })
}

/** A pipeline whose nearest neighbours cannot be found for a missing value. */
function sklearnPipeline({ folder }: World, t: TestContext): string | undefined {
  const python = pythonOrSkip(t, ['msgpack', 'sklearn', 'joblib'])
  if (python === undefined) return undefined
  const printed = execFileSync(python, [pathOf('src/runtimes/python/fixtures/pipelines.py'), folder], { encoding: 'utf8' })
  const { rows: values, outputs } = JSON.parse(printed) as Record<'rows' | 'outputs', number[]>
  const rows = Array.from({ length: 20 }, (_, i) => values.slice(4 * i, 4 * i + 4))
  const answers = new Map(rows.map((row, i) => [row.join(), outputs.slice(2 * i, 2 * i + 2)]))
  return writeBundle(folder, {
    files: { 'model.joblib': readFileSync(join(folder, 'neighbours.joblib')) },
    manifest: {
      name: 'neighbours',
      runtime: 'python',
      artefact: { path: 'model.joblib', format: 'sklearn-joblib' },
      inputs: { timeframe: '1m', features: [...plainFeatures, 'natr(14)@1m'] },
    },
    rows,
    answer: (row) => answers.get(row.join()) ?? [],
  })
}

/** The model `lean` as its runtime wants it. */
function leaning({ folder }: World, draft: Pick<BundleDraft, 'files' | 'manifest'>, rows: readonly (readonly number[])[]): string {
  return writeBundle(folder, { ...draft, rows, answer: (row) => lean(withoutMissing(row)) })
}

function remote(world: World, missing: 'null' | undefined): string {
  const endpoint = {
    url: `http://${world.remoteHost}`,
    model: 'momentum',
    input: { name: 'x', datatype: 'FP64', ...(missing && { missing }) },
    output: { name: 'p', datatype: 'FP64' },
  }
  const name = missing === undefined ? 'remote' : 'remote_missing'
  const manifest = { name, runtime: 'remote', artefact: { path: 'endpoint.json', format: 'oip' } } as const
  return leaning(world, { files: { 'endpoint.json': JSON.stringify(endpoint) }, manifest }, missing === undefined ? leaningRows : rowsWithMissing)
}

/** Every runtime with each kind of model that it executes in a way of its own. */
export const adapters: readonly Adapter[] = [
  { name: 'trees (LightGBM)', bundle: () => pathOf('examples/models/momentum/1.2.3'), missing: 'answered', explains: true },
  { name: 'trees (XGBoost)', bundle: xgboost, missing: 'answered', explains: true },
  { name: 'trees (scikit-learn)', bundle: () => pathOf('test/golden/sklearn/bundles/histogram/1.0.0'), missing: 'answered', explains: true },
  { name: 'onnx (rows)', bundle: () => pathOf('examples/models/baseline/1.0.0'), missing: 'refused' },
  { name: 'onnx (windows)', bundle: () => pathOf('examples/models/lstm_momentum_v1/1.2.3'), missing: 'unproven' },
  { name: 'onnx in the server (rows)', bundle: () => pathOf('examples/models/baseline/1.0.0'), missing: 'refused', inServer: true },
  { name: 'onnx in the server (windows)', bundle: () => pathOf('examples/models/lstm_momentum_v1/1.2.3'), missing: 'unproven', inServer: true },
  { name: 'python (scikit-learn pipeline)', bundle: sklearnPipeline, missing: 'refused' },
  {
    name: 'python (class)',
    bundle: (world, t) => {
      if (pythonOrSkip(t, ['msgpack', 'numpy']) === undefined) return undefined
      const artefact = { path: 'leaning.py', format: 'python-class', class: 'leaning:Leaning' } as const
      return leaning(world, { files: { 'leaning.py': fixture('leaning.py') }, manifest: { name: 'class', runtime: 'python', artefact } }, rowsWithMissing)
    },
    missing: 'answered',
    isSlow: true,
  },
  {
    name: 'module',
    bundle: (world) => {
      const artefact = { path: 'leaning.mts', format: 'esm' } as const
      return leaning(world, { files: { 'leaning.mts': fixture('leaning.mts') }, manifest: { name: 'module', runtime: 'module', artefact } }, leaningRows)
    },
    missing: 'refused',
    isSlow: true,
  },
  { name: 'remote', bundle: (world) => remote(world, undefined), missing: 'refused', isSlow: true },
  { name: 'remote (null for a missing value)', bundle: (world) => remote(world, 'null'), missing: 'answered', isSlow: true },
]
