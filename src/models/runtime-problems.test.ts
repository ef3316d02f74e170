import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ArtefactFormat, formatsOf } from '../contracts/artefact-formats.ts'
import { type RuntimeKind, runtimeKinds } from '../contracts/loaded-model.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { runtimeProblems } from './runtime-problems.ts'

type Said = Partial<Pick<Manifest, 'limits' | 'execution'>> & { readonly artefact?: object; readonly inputs?: object; readonly output?: object }
const problems = (runtime: RuntimeKind, said: Said, format: ArtefactFormat = formatsOf[runtime][0] as ArtefactFormat): string[] =>
  runtimeProblems({ runtime, inputs: {}, output: {}, ...said, artefact: { path: 'model', format, ...said.artefact } } as Manifest)

const keys: readonly (readonly [string, Said, readonly RuntimeKind[]])[] = [
  ['/inputs/tensors', { inputs: { tensors: [] } }, ['onnx']],
  ['/limits/memory', { limits: { memory: '512MiB' } }, ['onnx', 'python', 'module']],
  ['/limits/timeout', { limits: { timeout: '250ms' } }, runtimeKinds],
  ['/limits/max_batch', { limits: { max_batch: 256 } }, runtimeKinds],
  ['/execution/device', { execution: { device: 'cpu' } }, ['onnx', 'python']],
  ['/execution/batching', { execution: { batching: { max_rows: 8 } } }, ['onnx', 'python']],
  ['/execution/workers', { execution: { workers: 2 } }, ['onnx', 'python', 'module']],
  ['/execution/spares', { execution: { spares: 0 } }, ['onnx', 'python', 'module']],
  ['/execution/recycle_after', { execution: { recycle_after: 1000 } }, ['onnx', 'python', 'module']],
]
for (const [key, said, takers] of keys)
  test(`${key} is taken by ${takers.join(', ')} and refused elsewhere`, () => {
    for (const runtime of runtimeKinds) {
      const [problem, ...more] = problems(runtime, said)
      assert.deepEqual([problem === undefined, more], [takers.includes(runtime), []], runtime)
      if (problem !== undefined) assert.match(problem, new RegExp(`^${key} is for the runtimes? ${takers[0]}.*, not ${runtime}: leave it out$`))
    }
  })

const formats: readonly (readonly [string, Said, readonly ArtefactFormat[]])[] = [
  ['/artefact/method', { artefact: { method: 'predict' } }, ['sklearn-joblib', 'skops']],
  ['/artefact/class', { artefact: { class: 'a:B' } }, ['python-class']],
  ['/output/tensor', { output: { tensor: 'up' } }, ['onnx', 'tensorflow-savedmodel', 'keras', 'torchscript', 'torch-export']],
]
for (const [key, said, takers] of formats)
  test(`${key} is taken by ${takers.join(', ')} and refused elsewhere`, () => {
    for (const runtime of runtimeKinds)
      for (const format of formatsOf[runtime].filter((each) => each !== 'python-class' || key === '/artefact/class')) {
        const [problem] = problems(runtime, said, format)
        assert.equal(problem === undefined, takers.includes(format), format)
        if (problem !== undefined) assert.match(problem, new RegExp(`^${key} is for the formats? ${takers[0]}.*, not ${format}: leave it out$`))
      }
  })

test('a class of Python must be named', () => {
  assert.deepEqual(problems('python', {}, 'python-class'), ['/artefact/class must say which class of the artefact is the model, as module:Class'])
})

test('several keys that have no meaning are told at once', () => {
  assert.equal(problems('remote', { limits: { memory: '1GiB' }, execution: { workers: 2, device: 'cuda' } }).length, 3)
})
