import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readXgBoostZoo } from '../../../test/golden/xgboost/read-xgboost-zoo.ts'
import { plainArtefact } from '../../../test/support/plain-artefact.ts'
import { modelText, stump } from '../../trees/model-text.test-data.ts'
import type { ArtefactFormat } from '../../contracts/artefact-formats.ts'
import { instantiateForest } from '../../trees/evaluator.ts'
import { compileTrees } from './compile-trees.ts'

const model = readXgBoostZoo().find(({ name }) => name === 'binary-hist') ?? assert.fail('no such model')
const inputs = model.rows[0]!.length

type Overrides = { readonly format: ArtefactFormat; readonly content: string | Uint8Array; readonly outputs?: number; readonly inputs?: number }

function specOf(t: TestContext, { content, ...overrides }: Overrides): Parameters<typeof compileTrees>[0] {
  const folder = mkdtempSync(join(tmpdir(), 'presage-trees-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'model')
  writeFileSync(path, content)
  return { path, ...plainArtefact, inputs, ...overrides }
}
const refused = (message: RegExp) => ({ code: 'model_verification_failed', message })

test('XGBoost files of both encodings answer with the probability of the second class', (t) => {
  for (const file of [{ format: 'xgboost-json', content: model.text } as const, { format: 'xgboost-ubj', content: model.packed } as const]) {
    const evaluator = instantiateForest(compileTrees(specOf(t, file)).forest)
    const out = new Float64Array(1)
    evaluator.predictRaw(model.rows[3]!, out)
    assert.deepEqual([evaluator.name, out[0]], ['bit-slab', model.raw[3]])
  }
})

test('a file of another format, a damaged one, and one that does not fit the manifest are refused with what to do', (t) => {
  const compile = (file: Overrides) => () => compileTrees(specOf(t, file))
  assert.throws(compile({ format: 'xgboost-ubj', content: model.text }), refused(/\(xgboost-ubj\) cannot be used: .*begins with "\{L"/))
  assert.throws(compile({ format: 'xgboost-json', content: model.packed }), refused(/\(xgboost-json\) cannot be used: the file is not JSON/))
  assert.throws(compile({ format: 'xgboost-ubj', content: model.packed.subarray(0, 5000) }), refused(/cut off/))
  assert.throws(compile({ format: 'onnx', content: '' }), refused(/reads lightgbm, xgboost-json, xgboost-ubj, sklearn-trees, not onnx/))
  assert.throws(compile({ format: 'xgboost-ubj', content: model.packed, inputs: 9 }), refused(/take 10 inputs, the manifest lists 9/))
  assert.throws(compile({ format: 'xgboost-ubj', content: model.packed, outputs: 3 }), refused(/give 1 outputs, the manifest lists 3/))
})

test('columns that the file names as the manifest does, but in another order, are refused', (t) => {
  const compile = (names: string, features: readonly string[]) => {
    const content = modelText([stump()], { feature_names: names })
    return compileTrees({ ...specOf(t, { format: 'lightgbm', content, inputs: 2 }), features, outputs: 1 })
  }
  const ids = ['rsi(14)@1m', 'close@1m']
  assert.throws(
    () => compile('close@1m rsi(14)@1m', ids),
    refused(/^Column 0 of the trees is close@1m, which inputs\.features has in place 1 \(counted from 0\); list the training columns in their order$/),
  )
  assert.throws(() => compile('x rsi(14)@1m', ids), refused(/^Column 1 of the trees is rsi\(14\)@1m, which inputs\.features has in place 0/))
  for (const names of ['rsi(14)@1m close@1m', 'rsi price', 'Column_0 Column_1']) compile(names, ids)
})

test('a file that was exchanged since it was verified is refused', (t) => {
  const spec = specOf(t, { format: 'xgboost-json', content: model.text })
  const verified = { ...spec, files: { [spec.path]: hash('sha256', model.text) } }
  compileTrees(verified)
  writeFileSync(spec.path, model.text.replace('"learner"', ' "learner"'))
  assert.throws(() => compileTrees(verified), refused(/^The model file is not the file that was verified: its SHA-256 differs/))
})

test('a file that no string can hold is refused unread', (t) => {
  for (const format of ['lightgbm', 'xgboost-json', 'xgboost-ubj', 'sklearn-trees'] as const) {
    const spec = specOf(t, { format, content: '' })
    truncateSync(spec.path, 2 ** 29 - 23)
    assert.throws(() => compileTrees(spec), refused(/has 536870889 bytes; a file of trees may have 536870888: train with fewer trees/))
  }
})
