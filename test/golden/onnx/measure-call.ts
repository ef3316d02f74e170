import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { makeModel, modelPath, within } from './model-under-test.ts'

// Prints what a call costs through the model's process, beside session.run in this process: node test/golden/onnx/measure-call.ts
const calls = 3_000
const rounds = 5

/** Median and 99th percentile in µs of one call after the other. */
async function measure(call: () => Promise<unknown>): Promise<readonly [p50: number, p99: number]> {
  const times: number[] = []
  for (let at = 0; at < calls; at += 1) {
    const start = performance.now()
    await call()
    times.push((performance.now() - start) * 1_000)
  }
  times.sort((a, b) => a - b)
  return [times[calls >> 1] as number, times[Math.floor(calls * 0.99)] as number]
}

const middle = (values: readonly number[]): string => ([...values].sort((a, b) => a - b)[values.length >> 1] as number).toFixed(0)

for (const [name, inputs, window, outputs] of [
  ['logistic', 3, 1, 2],
  ['lstm', 3, 5, 1],
] as const) {
  await using under = await makeModel({ path: modelPath(name), inputs, window, outputs })
  const session = await InferenceSession.create(await readFile(modelPath(name)), { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const row = Float64Array.from({ length: inputs * window }, (_, at) => at / 7)
  const shape = window > 1 ? [1, window, inputs] : [1, inputs]
  const { inputs: taken, output } = under.model.info.signature
  const input = taken[0]?.name as string
  const raw = (): Promise<unknown> => session.run({ [input]: new Tensor('float32', Float32Array.from(row), shape) }, [output])
  const served = (): Promise<unknown> => under.model.predict(row, 1, within(10_000))
  await measure(served)
  await measure(raw)
  const seen: (readonly [readonly [number, number], readonly [number, number]])[] = []
  for (let round = 0; round < rounds; round += 1) seen.push([await measure(raw), await measure(served)])
  const column = (which: 0 | 1, percentile: 0 | 1): string => middle(seen.map((pair) => pair[which][percentile]))
  console.log(`${name}: session.run p50 ${column(0, 0)} µs, p99 ${column(0, 1)} µs; predict p50 ${column(1, 0)} µs, p99 ${column(1, 1)} µs`)
  await session.release()
}
