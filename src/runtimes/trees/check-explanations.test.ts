import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { plainArtefact } from '../../../test/support/plain-artefact.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { systemClock } from '../../system.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { checkExplanations } from './check-explanations.ts'
import { compileTrees } from './compile-trees.ts'
import { TreesRuntime } from './trees-runtime.ts'

const path = fileURLToPath(new URL('../../../examples/models/momentum/1.2.3/model.txt', import.meta.url))
const spec: ArtefactSpec = { path, format: 'lightgbm', ...plainArtefact, inputs: 30 }
const runtime = await new TreesRuntime(systemClock).load(spec, compileTrees(spec))
after(() => runtime.dispose())
const rows = Float64Array.from({ length: 3 * 30 }, (_, i) => (i % 7 === 0 ? NaN : Math.sin(i)))
const check = (model: LoadedModel) => checkExplanations({ spec, runtime: model }, rows, { at: Infinity, signal: new AbortController().signal })

test('the example model explains every row, and its memory counts what that takes', async () => {
  const { rows: explained, largestError } = (await check(runtime)) ?? assert.fail()
  assert.equal(explained, 3)
  assert.ok(largestError < 1e-13)
  assert.ok(runtime.memoryBytes > 2 * 64 * 1024)
})

test('an explanation that does not add up is refused', async () => {
  const explain: LoadedModel['explain'] = async (row, deadline) => (await runtime.explain!(row, deadline)).map((value, i) => (i === 3 ? value + 1e-9 : value))
  await assert.rejects(check({ ...runtime, explain }), { code: 'model_verification_failed', message: /row 0 does not add up/ })
})

test('a model without explanations has nothing to check', async () => {
  const plain: LoadedModel = { ...runtime }
  delete plain.explain
  assert.equal(await check(plain), undefined)
})
