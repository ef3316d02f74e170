import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { OnnxGraph } from './onnx-graph.ts'
import type { Signature } from './signature.ts'

/** A session that leaves the processor to others for some time in each run, and answers ones. */
const interrupted = {
  async run(feeds: Readonly<Record<string, Tensor>>) {
    await after(60)
    const rows = feeds['x']?.dims[0] ?? 0
    return { y: new Tensor('float32', new Float32Array(rows).fill(1), [rows, 1]) }
  },
} as unknown as InferenceSession
const signature: Signature = { inputs: [{ name: 'x', type: 'float32', rowShape: [2], window: 1 }], oneByOne: true, output: 'y' }

test('a run on the processor is timed by what it takes of it, one on a graphics card by the clock', async () => {
  for (const [runsOn, isQuick] of [
    ['cpu', true],
    ['cuda', false],
  ] as const) {
    const graph = new OnnxGraph(interrupted, signature, { features: ['a', 'b'], window: 1, outputs: 1, runsOn })
    await graph.warmUp(1, undefined)
    assert.equal((graph.shapes[0]?.ms ?? Infinity) < 40, isQuick, runsOn)
  }
})
