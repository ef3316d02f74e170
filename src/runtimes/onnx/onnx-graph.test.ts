import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { OnnxGraph } from './onnx-graph.ts'
import type { Signature } from './signature.ts'

const signature: Signature = { inputs: [{ name: 'x', type: 'float32', rowShape: [2], window: 1 }], oneByOne: true, output: 'y' }

test('a run on the processor is timed by what it takes of it, one on a graphics card by the clock', async () => {
  let runs = 0
  /** In each run 60 ms pass, in one of which it has the processor. */
  const interrupted = {
    async run(feeds: Readonly<Record<string, Tensor>>) {
      runs += 1
      const rows = feeds['x']?.dims[0] ?? 0
      return { y: new Tensor('float32', new Float32Array(rows).fill(1), [rows, 1]) }
    },
  } as unknown as InferenceSession
  const timed = { spent: () => runs, clock: () => 60 * runs }
  for (const [runsOn, ms] of [
    ['cpu', 1],
    ['cuda', 60],
  ] as const) {
    const graph = new OnnxGraph(interrupted, signature, { features: ['a', 'b'], window: 1, outputs: 1, runsOn, timed })
    await graph.warmUp(1, undefined)
    assert.deepEqual(graph.shapes, [{ rows: 1, ms }])
  }
})
