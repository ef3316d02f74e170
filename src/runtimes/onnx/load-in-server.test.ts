import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { modelPath, within } from '../../../test/golden/onnx/model-under-test.ts'
import { Launcher } from '../../processes/launcher.ts'
import { systemClock } from '../../system.ts'
import { briefShapes, loadInServer } from './load-in-server.ts'
import type { OnnxSpec } from './onnx-model.ts'
import { Turns } from './turns.ts'

const deps = { launcher: new Launcher(), clock: systemClock, random: () => 0, log: () => {}, turns: new Turns() }
const load = (spec: Partial<OnnxSpec> & { readonly name: string }) =>
  loadInServer({ path: modelPath(spec.name), features: ['a', 'b'], window: 1, outputs: 2, ...spec }, deps, new AbortController().signal)
const refused = (message: RegExp) => ({ name: 'ServingError', code: 'model_verification_failed', message })

test('a graph is computed without a process, and says so', async (t: TestContext) => {
  const model = await load({ name: 'identity' })
  t.after(() => model.dispose())
  assert.deepEqual(model.pids, [])
  assert.match(model.engine, /^onnxruntime \d+\.\d+\.\d+ \(cpu, in the server\)$/)
  assert.deepEqual([...(await model.predict(Float64Array.of(1, 2, 3, 4), 2, within(10_000)))], [1, 2, 3, 4])
})

test('the event loop turns between the runs of a batch, and of calls that come together', async (t) => {
  const model = await load({ name: 'identity' })
  t.after(() => model.dispose())
  const largest = model.info.shapes.at(-1)?.rows ?? 0
  let turns = 0
  let isOver = false
  const turn = (): void => void (isOver || ((turns += 1), setImmediate(turn)))
  setImmediate(turn)
  await model.predict(new Float64Array(2 * 10 * largest), 10 * largest, within(10_000))
  assert.ok(turns >= 9, `${turns} turns in a batch of 10 runs`)
  turns = 0
  await Promise.all(Array.from({ length: 10 }, () => model.predict(new Float64Array(2), 1, within(10_000))))
  isOver = true
  assert.ok(turns >= 9, `${turns} turns in 10 calls`)
})

test('control flow is refused with the setting to change', async () => {
  await assert.rejects(load({ name: 'spin' }), refused(/has Loop.*models\.onnxInServer/))
})

test('a graphics card is refused with the setting to change', async () => {
  await assert.rejects(load({ name: 'identity', device: 'cuda' }), refused(/execution\.device.*models\.onnxInServer/))
})

test('batch sizes of which a run takes more than 1 ms are left out; where all do the graph is refused', () => {
  const shapes = [
    { rows: 2, ms: 0.4 },
    { rows: 4, ms: 1 },
    { rows: 8, ms: 1.1 },
  ]
  assert.deepEqual(briefShapes({ controlFlow: [], shapes }), shapes.slice(0, 2))
  assert.throws(() => briefShapes({ controlFlow: [], shapes: shapes.slice(2) }), refused(/takes 1\.1 ms.*models\.onnxInServer/))
})
