import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { modelPath, within } from '../../../test/golden/onnx/model-under-test.ts'
import { plainArtefact } from '../../../test/support/plain-artefact.ts'
import { noMeter } from '../../contracts/meter.ts'
import { systemClock } from '../../system.ts'
import { HeardSizes } from '../process/fixtures/heard-sizes.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { OnnxRuntime } from './onnx-runtime.ts'
import { Launcher } from '../../processes/launcher.ts'

const launcher = new Launcher()

const path = fileURLToPath(new URL('../../../examples/models/lstm_momentum_v1/1.2.3/model.onnx', import.meta.url))

test('rows that reach the LSTM example at the same time go together, and have the bits that they have alone', async () => {
  const sizes: number[] = []
  const meter = { ...noMeter, histogram: () => ({ observe: (rows: number) => void sizes.push(rows) }) }
  const runtime = new OnnxRuntime({ launcher, clock: systemClock, random: () => 0, log: () => {}, meter })
  const features = Array.from({ length: 9 }, (_, at) => `column ${at}`)
  const spec = {
    ...plainArtefact,
    path,
    format: 'onnx',
    features,
    inputs: 9,
    window: 60,
    tensor: 'probabilities',
    execution: { batching: { max_rows: 32 } },
  } as const
  const model = await runtime.load(spec, undefined, new AbortController().signal)
  const most = 100
  const rows = Float64Array.from({ length: most * model.inputs }, (_, at) => 2 * Math.sin(at * at))
  const ask = (start: number, count: number): Promise<Float64Array> =>
    model.predict(rows.slice(start * model.inputs, (start + count) * model.inputs), count, within(60_000))
  const alone: number[] = []
  for (let row = 0; row < most; row += 1) alone.push(...(await ask(row, 1)))
  assert.ok(sizes.every((size) => size === 1))
  const call = fc
    .integer({ min: 1, max: 40 })
    .chain((count) => fc.record({ count: fc.constant(count), start: fc.integer({ min: 0, max: most - count }), turns: fc.integer({ min: 0, max: 3 }) }))
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 30 }), async (calls) => {
      const answers = calls.map(async ({ start, count, turns }) => {
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
        assert.deepEqual([...(await ask(start, count))], alone.slice(start * model.outputs, (start + count) * model.outputs))
      })
      await Promise.all(answers)
    }),
    { numRuns: 20 },
  )
  assert.ok(Math.max(...sizes) > 20 && Math.max(...sizes) <= 32, 'calls went together')
  await model.dispose()
})

const regimes: ArtefactSpec = {
  ...plainArtefact,
  path: modelPath('categories'),
  format: 'onnx',
  features: ['price', 'regime', 'volume'],
  inputs: 3,
  tensors: [
    { name: 'amounts', features: ['price', 'volume'] },
    { name: 'regime', features: ['regime'] },
  ],
}

test('a row that the graph cannot take is refused alone, not those that it goes with', async (t) => {
  const runtime = new OnnxRuntime({ launcher, clock: systemClock, random: () => 0, log: () => {} })
  const model = await runtime.load(regimes, undefined, new AbortController().signal)
  t.after(() => model.dispose())
  const ask = (regime: number): Promise<Float64Array> => model.predict(Float64Array.of(1, regime, 2), 1, within(60_000))
  const expected = await ask(2)
  const [, fraction, good, missing] = await Promise.allSettled([ask(0), ask(0.5), ask(2), ask(Number.NaN)])
  assert.equal(fraction.status === 'rejected' && fraction.reason.code, 'validation_failed')
  assert.equal(missing.status === 'rejected' && missing.reason.code, 'missing_feature')
  assert.deepEqual(good, { status: 'fulfilled', value: expected })
})

test('a graph that is loaded again is computed at the batch sizes that were proven the first time', async () => {
  const sizes = new HeardSizes()
  const runtime = new OnnxRuntime({ launcher, clock: systemClock, random: () => 0, log: () => {} }, {}, sizes)
  const load = async (spec: ArtefactSpec): Promise<unknown> => {
    const model = await runtime.load(spec, undefined, new AbortController().signal)
    await model.dispose()
    return sizes.heard.at(-1)?.['shapes']
  }
  const verified = { ...regimes, files: { [regimes.path]: hash('sha256', readFileSync(regimes.path)) } }
  const shapes = await load(verified)
  // Whoever tried them out again would have measured other times.
  assert.deepEqual(await load(verified), shapes)
  const renamed = [
    { name: 'amounts', features: ['price', 'turnover'] },
    { name: 'regime', features: ['regime'] },
  ]
  assert.notDeepEqual(await load({ ...verified, features: ['price', 'regime', 'turnover'], tensors: renamed }), shapes)
})

test('a model that asks for a graphics card and runs on the CPU is counted', async (t) => {
  const set: unknown[] = []
  const meter = { ...noMeter, gauge: (name: string, labels = {}) => ({ set: (value: number) => void set.push([name, labels, value]) }) }
  const runtime = new OnnxRuntime({ launcher, clock: systemClock, random: () => 0, log: () => {}, meter })
  for (const device of ['cuda', 'cpu'] as const) {
    const model = await runtime.load({ ...regimes, execution: { device } }, undefined, new AbortController().signal)
    t.after(() => model.dispose())
    assert.match(model.engine, device === 'cuda' ? /\(cpu; cuda was asked for: / : /\(cpu\)$/)
  }
  assert.deepEqual(
    set.filter((entry) => (entry as readonly unknown[])[0] === 'model_device_fallback'),
    [['model_device_fallback', { model: 'plain', version: '1.0.0' }, 1]],
  )
})
