import { encodeFrame, type Frame } from '../../../src/runtimes/process/frame.ts'
import { type Tensor, typeOf } from '../../../src/runtimes/process/tensor.ts'

const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const loadArgs = {
  protocol: 1,
  path: '/models/momentum/1.2.3/model.joblib',
  files: { '/models/momentum/1.2.3/model.joblib': sha256 },
  format: 'sklearn-joblib',
  method: 'predict_proba',
  features: ['price', 'volume', 'rsi(14)@1m'],
  inputs: 3,
  window: 1,
  outputs: 2,
  kind: 'binary',
  memory: 512 * 1024 * 1024,
  threads: 1,
  device: 'cpu',
  allowUnsafe: true,
}
const info = { rssBytes: 131_072_000, engine: 'scikit-learn 1.9.1 (Pipeline)', versions: { python: '3.11.7', numpy: '2.4.6', 'scikit-learn': '1.9.1' } }
const rows: Tensor = { name: 'rows', shape: [2, 3], data: Float64Array.of(45_000, NaN, 65.5, -0, Infinity, 5e-324) }
const outputs: Tensor = { name: 'outputs', shape: [2, 2], data: Float64Array.of(0.25, 0.75, 1 / 3, 2 / 3) }
// Where the lengths of integers and texts in msgpack change.
const integers = [
  0,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  -1,
  -32,
  -33,
  -128,
  -129,
  -32_769,
  -(2 ** 31),
  -(2 ** 31) - 1,
]
const texts = ['', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(255), 'x'.repeat(256), 'précis – 📈']

/** Frames of the worker protocol that both sides must write alike, byte for byte. */
export const goldenFrames: readonly (Frame & { readonly name: string })[] = [
  { name: 'load', message: { kind: 'load', args: loadArgs }, tensors: [] },
  { name: 'ready', message: { kind: 'ready', info }, tensors: [] },
  { name: 'call', message: { kind: 'call', id: 1, until: 86_400_123.0625 }, tensors: [rows] },
  { name: 'call whose deadline is a whole number', message: { kind: 'call', id: 70_000, until: 8_640_012_300 }, tensors: [rows] },
  { name: 'answer', message: { kind: 'answer', id: 1 }, tensors: [outputs] },
  { name: 'cancel', message: { kind: 'cancel', id: 1 }, tensors: [] },
  { name: 'refused', message: { kind: 'refused', id: 0, code: 'model_verification_failed', message: 'This LinearSVC has no predict_proba' }, tensors: [] },
  { name: 'ping', message: { kind: 'ping', id: 200 }, tensors: [] },
  { name: 'pong', message: { kind: 'pong', id: 200, rssBytes: 3 * 2 ** 30 }, tensors: [] },
  { name: 'integers and texts of every length', message: { integers, texts, nothing: null, yes: true, no: false, deep: [[[1.5]]] }, tensors: [] },
  {
    name: 'tensors of every type, padded and empty',
    message: {},
    tensors: [
      { name: 'float32', shape: [3], data: Float32Array.of(0.1, -1.5, 16_777_216) },
      { name: 'int64', shape: [2, 1], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
      { name: 'none', shape: [0, 4], data: new Float64Array(0) },
      { name: 'scalar', shape: [], data: Float64Array.of(1e-300) },
    ],
  },
]

const valueText = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : String(value))

/** The golden frames as Python's tests read them: values as texts, as JSON knows no NaN and no int64. */
export function goldenFramesText(): string {
  const entries = goldenFrames.map(({ name, message, tensors }) => ({
    name,
    message,
    tensors: tensors.map(({ name: tensor, shape, data }) => ({
      name: tensor,
      type: typeOf(data),
      shape,
      values: Array.from(data as Iterable<number | bigint>, valueText),
    })),
    hex: Buffer.from(encodeFrame({ message, tensors })).toString('hex'),
  }))
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`
}
