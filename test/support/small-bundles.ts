import { readFileSync } from 'node:fs'
import type { Manifest } from '../../src/contracts/manifest.ts'
import { modelText, stump } from '../../src/trees/model-text.test-data.ts'
import { pathOf } from './pages.ts'
import { writeBundle } from './write-bundle.ts'

/** A small model of price, volume and RSI that gives the class `up` this probability, whatever the row. */
export type SmallBundle = NamedBundle & { readonly up: number }
type NamedBundle = Pick<Manifest, 'name'> & Partial<Pick<Manifest, 'version' | 'limits' | 'execution'>>

/** A forest of two trees with two leaves each. */
export function writeTrees(models: string, { up, ...manifest }: SmallBundle): string {
  const leaf = String(Math.log(up / (1 - up)) / 2)
  const tree = stump({ split_feature: '1', threshold: '2000', leaf_value: `${leaf} ${leaf}`, internal_count: '8', leaf_count: '4 4', leaf_weight: '1 1' })
  const names = { max_feature_idx: '2', feature_names: 'price volume rsi', feature_infos: '[0:1] [0:1] [0:1]', objective: 'binary sigmoid:1' }
  return writeBundle(models, {
    files: { 'model.txt': modelText([tree, tree], names) },
    manifest: { ...manifest, runtime: 'trees', artefact: { path: 'model.txt', format: 'lightgbm' } },
    answer: () => [1 / (1 + Math.exp(-2 * Number(leaf)))],
  })
}

/** A Python class; its `up` is in its code. */
export function writePython(models: string, { up, ...manifest }: SmallBundle): string {
  const code = ['import numpy as np', 'class Small:', '    @classmethod', '    def load(cls, path):', '        return cls()', '    def predict(self, rows):']
  return writeBundle(models, {
    files: { 'code/small.py': `${code.join('\n')}\n        return np.tile([${1 - up}, ${up}], (len(rows), 1))\n` },
    manifest: { ...manifest, runtime: 'python', artefact: { path: 'code', format: 'python-class', class: 'small:Small' } },
    answer: () => [1 - up, up],
  })
}

/** A module in a process of its own; its `up` is in its code. */
export function writeModule(models: string, { up, ...manifest }: SmallBundle): string {
  const predict = `(rows, count) => Float64Array.from({ length: 2 * count }, (_, i) => [${1 - up}, ${up}][i % 2])`
  return writeBundle(models, {
    files: { 'code/index.mjs': `export const load = () => ({ predict: ${predict} })\n` },
    manifest: { ...manifest, runtime: 'module', artefact: { path: 'code', format: 'esm' } },
    answer: () => [1 - up, up],
  })
}

type Golden = { readonly model: string; readonly rows: readonly (readonly number[])[]; readonly outputs: readonly (readonly number[])[] }

/** A logistic regression in ONNX; it answers what it was trained to. */
export function writeOnnx(models: string, manifest: NamedBundle): string {
  const { cases } = JSON.parse(readFileSync(pathOf('test/golden/onnx/goldens.json'), 'utf8')) as { cases: Golden[] }
  const { rows, outputs } = cases.find(({ model }) => model === 'logistic') as Golden
  const finite = rows.filter((row) => row.every((value) => typeof value === 'number'))
  return writeBundle(models, {
    files: { 'model.onnx': readFileSync(pathOf('test/golden/onnx/logistic.onnx')) },
    manifest: {
      ...manifest,
      runtime: 'onnx',
      artefact: { path: 'model.onnx', format: 'onnx' },
      output: { kind: 'binary', classes: ['down', 'up'], tensor: 'probabilities' },
    },
    rows: finite,
    answer: (row) => outputs[rows.indexOf(row)] ?? [],
    tolerance: { absolute: 1e-6, relative: 0 },
  })
}

/** A request for a model by name, with all that small bundles take. */
export const askFor = (model: string) => ({ symbol: 'BTC/USDT', model, features: { price: 50, volume: 51, rsi: 52 } })
