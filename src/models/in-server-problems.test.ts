import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inServerProblems } from './in-server-problems.ts'
import { ModelEntry } from './model-entry.ts'
import { readManifest } from './read-manifest.ts'
import { VersionSlot } from './version-slot.ts'

function entryOf(name: string, version: string): ModelEntry {
  const entry = new ModelEntry(name)
  entry.add(new VersionSlot(readManifest(fileURLToPath(new URL(`../../examples/models/${name}/${version}`, import.meta.url)))))
  return entry
}
const entries = [entryOf('lstm_momentum_v1', '1.2.3'), entryOf('momentum', '1.2.3')]

test('names of ONNX models are no problem', () => {
  assert.deepEqual(inServerProblems(['lstm_momentum_v1'], entries), [])
  assert.deepEqual(inServerProblems([], entries), [])
})

test('a name of no model is told with the one that was meant, as is a model that ONNX Runtime does not compute', () => {
  assert.deepEqual(inServerProblems(['lstm_momentum_v2', 'lstm_momentum_v1', 'momentum'], entries), [
    'models.onnxInServer names lstm_momentum_v2, which is no model of the models folder; did you mean lstm_momentum_v1?',
    'models.onnxInServer names momentum, which is no ONNX model: it is computed as it would be without',
  ])
})
