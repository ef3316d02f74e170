import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeModel, modelPath, within } from '../../../test/golden/onnx/model-under-test.ts'
import { onnxVersion } from './cuda-library.ts'
import type { OnnxSpec } from './onnx-model.ts'

type Golden = {
  readonly model: string
  readonly tensor: string
  readonly features: readonly string[]
  readonly tensors?: OnnxSpec['tensors']
  readonly window: number
  readonly columns: number
  readonly rows: readonly (readonly (number | string)[])[]
  readonly outputs: readonly (readonly (number | string)[])[]
}

const goldens = JSON.parse(await readFile(new URL('../../../test/golden/onnx/goldens.json', import.meta.url), 'utf8')) as { cases: Golden[] }
const identity = await readFile(modelPath('identity'))
const flat = (rows: Golden['rows']): Float64Array => Float64Array.from(rows.flat(), Number)

/** Equal, both NaN, the same infinity, or this close. */
const tolerances: Readonly<Record<string, number>> = { identity: 0, 'softmax-double': 1e-14 }
const toleranceOf = (name: string): number => tolerances[name] ?? 1e-6
const agree = (got: number, expected: number, tolerance: number): boolean => Object.is(got, expected) || Math.abs(got - expected) <= tolerance

describe('predictions agree with onnxruntime in Python', () => {
  for (const golden of goldens.cases) {
    test(`${golden.model}: ${golden.tensor}, all rows together and each alone`, async () => {
      const { model: name, tensor, tensors, features, window, columns } = golden
      await using under = await makeModel({ path: modelPath(name), tensor, tensors, features, window, outputs: columns })
      const rows = flat(golden.rows)
      const expected = flat(golden.outputs)
      const together = await under.model.predict(rows, golden.rows.length, within(20_000))
      assert.equal(together.length, expected.length)
      for (const [at, value] of together.entries())
        assert.ok(agree(value, expected[at] as number, toleranceOf(name)), `value ${at}: ${value}, not ${expected[at]}`)
      const width = features.length * window
      const alone = golden.rows.map((_, row) => under.model.predict(rows.slice(row * width, (row + 1) * width), 1, within(20_000)))
      const singles = (await Promise.all(alone)).flatMap((values) => Array.from(values))
      for (const [at, value] of singles.entries())
        assert.ok(agree(value, together[at] as number, toleranceOf(name)), `alone ${at}: ${value}, not ${together[at]}`)
    })
  }
})

test('every golden case was read, among them NaN and both infinities', () => {
  const values = new Set(goldens.cases.flatMap(({ rows }) => rows.flat()))
  assert.equal(goldens.cases.length, 13)
  assert.ok(values.has('NaN') && values.has('Infinity') && values.has('-Infinity'))
})

test('rows become float32 by rounding to nearest; what lies beyond its range becomes infinite; NaN stays', async () => {
  await using under = await makeModel()
  const rows = Float64Array.of(0.1, 16_777_217, 1e39, -1e39, Number.NaN, -0)
  const answer = await under.model.predict(rows, 3, within(20_000))
  assert.deepEqual([...answer], [Math.fround(0.1), 16_777_216, Infinity, -Infinity, Number.NaN, -0])
})

test('a single column that stands for two classes gives both probabilities', async () => {
  await using pair = await makeModel({ path: modelPath('lstm'), inputs: 3, window: 5, outputs: 2 })
  await using single = await makeModel({ path: modelPath('lstm'), inputs: 3, window: 5, outputs: 1 })
  const rows = Float64Array.from({ length: 30 }, (_, at) => Math.sin(at))
  const [p, q] = await single.model.predict(rows, 2, within(20_000))
  assert.deepEqual([...(await pair.model.predict(rows, 2, within(20_000)))], [1 - (p as number), p, 1 - (q as number), q])
})

test('a column that is no probability is not taken for one', async () => {
  await using under = await makeModel({ path: modelPath('two-scores'), tensor: 'raw', outputs: 2 })
  await assert.rejects(under.model.predict(Float64Array.of(2, 3), 1, within(20_000)), { code: 'model_output_invalid' })
})

const categories = {
  path: modelPath('categories'),
  features: ['price', 'regime', 'volume'],
  tensors: [
    { name: 'amounts', features: ['price', 'volume'] },
    { name: 'regime', features: ['regime'] },
  ],
}

test('what is no whole number is refused where the graph takes one, before the process is called; elsewhere it is a value like others', async () => {
  await using under = await makeModel(categories)
  const ask = (...row: number[]): Promise<Float64Array> => under.model.predict(Float64Array.from(row), 1, within(20_000))
  for (const value of [0.5, 2 ** 53, Infinity, 1e300])
    await assert.rejects(ask(1, value, 1), { code: 'validation_failed', message: /^regime is .* whole number below 2\^53/ })
  await assert.rejects(ask(1, Number.NaN, 1), { code: 'missing_feature', message: /^regime is missing/ })
  assert.equal((await ask(0.5, -0, 0.25)).length, 2)
  assert.ok((await ask(0.5, 1, Number.NaN)).every(Number.isNaN))
})

test('a category that the graph does not know is refused, and the process goes on', async () => {
  await using under = await makeModel(categories)
  await assert.rejects(under.model.predict(Float64Array.of(1, 7, 1), 1, within(20_000)), { code: 'model_output_invalid' })
  assert.equal((await under.model.predict(Float64Array.of(1, 2, 1), 1, within(20_000))).length, 2)
})

test('a whole number that float64 cannot hold exactly is no output', async () => {
  await using under = await makeModel({ path: modelPath('several-outputs'), tensor: 'ticks', outputs: 1 })
  await assert.rejects(under.model.predict(Float64Array.of(2 ** 60, 0), 1, within(20_000)), { code: 'model_output_invalid', message: /1152921504606846976/ })
})

test('columns called as the inputs of the graph go there in whatever order they are listed, others in the order of the list', async () => {
  const row = Float64Array.of(0.5, -1, 2)
  const path = modelPath('column-each')
  await using named = await makeModel({ path, features: ['volume', 'price', 'rsi(14)@1m'], tensor: 'probabilities' })
  await using listed = await makeModel({ path, features: ['a', 'b', 'c'], tensor: 'probabilities' })
  const shuffled = Float64Array.of(2, 0.5, -1)
  assert.deepEqual(await named.model.predict(shuffled, 1, within(20_000)), await listed.model.predict(row, 1, within(20_000)))
  await assert.rejects(makeModel({ path, features: ['a', 'price', 'c'] }), { message: /not "rsi_14__1m", "volume".*inputs\.tensors/ })
})

test('the bytes of the file are given back once the library has its copies', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'presage-large-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'model.onnx')
  const bytes = 32 << 20
  // `doc_string`, field 6 of a model (onnx.proto), which the library keeps twice.
  const words = Buffer.concat([Buffer.of(6 * 8 + 2, 0x80, 0x80, 0x80, bytes >> 21), Buffer.alloc(bytes, 'x')])
  await writeFile(path, Buffer.concat([identity, words]))
  await using small = await makeModel()
  await using large = await makeModel({ path })
  const taken = large.model.memoryBytes - small.model.memoryBytes
  assert.ok(taken > bytes && taken < 2.5 * bytes, `${taken} bytes for a file of ${bytes}`)
})

test('a model that asks for a graphics card where there is none is computed by the CPU, and says why', async () => {
  await using under = await makeModel({ device: 'cuda' })
  assert.match(
    under.model.engine,
    /^onnxruntime \S+ \(cpu; cuda was asked for: .*Cuda: Failed to load shared library \(run `presage python setup --with cuda`\)\)$/,
  )
  assert.deepEqual(await under.model.predict(Float64Array.of(1, 2), 1, within(20_000)), Float64Array.of(1, 2))
  assert.ok(under.printed.some((line) => /asks for cuda, the cpu computes it/.test(line)))
})

const linux = process.platform !== 'linux' && 'processes are looked at in /proc'

test('a model that asks for a graphics card has the onnxruntime of a Python that has CUDA, and no other model has', { skip: linux }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'presage-cuda-'))
  t.after(() => rm(folder, { recursive: true }))
  const site = join(folder, 'lib', 'python3.12', 'site-packages')
  const capi = join(site, 'onnxruntime', 'capi')
  await mkdir(capi, { recursive: true })
  await mkdir(join(site, 'nvidia', 'cudnn', 'lib'), { recursive: true })
  const library = join(capi, `libonnxruntime.so.${onnxVersion}`)
  const installed = `../../../node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime.so.1`
  await copyFile(new URL(installed, import.meta.url), library)
  await writeFile(join(capi, 'libonnxruntime_providers_cuda.so'), '')
  const spec = { python: join(folder, 'bin', 'python'), libraryPath: ['/opt/driver'] }
  const seen = async (device: 'cpu' | 'cuda') => {
    await using under = await makeModel({ ...spec, device })
    const about = (name: string): Promise<string> => readFile(`/proc/${under.model.pids[0]}/${name}`, 'utf8')
    return { loaded: (await about('maps')).includes(library), environment: (await about('environ')).split('\0'), engine: under.model.engine }
  }
  const [cpu, cuda] = [await seen('cpu'), await seen('cuda')]
  assert.deepEqual([cpu.loaded, cuda.loaded], [false, true])
  assert.ok(cuda.environment.includes(`LD_LIBRARY_PATH=/opt/driver:${join(site, 'nvidia', 'cudnn', 'lib')}`))
  assert.ok(cuda.environment.includes('NVIDIA_TF32_OVERRIDE=0'))
  // Nothing is lacking but the card, which its own words tell.
  assert.match(cuda.engine, /cuda was asked for: [^(]*\)$/)
})

test('the handshake reports names, shapes, types, version, digest and memory', async () => {
  await using under = await makeModel({ path: modelPath('logistic'), inputs: 3 })
  const { info, engine, memoryBytes, inputs, outputs } = under.model
  assert.deepEqual(info.inputs, [{ name: 'X', type: 'float32', shape: ['', 3] }])
  assert.deepEqual(info.outputs, [
    { name: 'label', type: 'int64', shape: [''] },
    { name: 'probabilities', type: 'float32', shape: ['', 2] },
  ])
  assert.equal(
    info.sha256,
    createHash('sha256')
      .update(await readFile(modelPath('logistic')))
      .digest('hex'),
  )
  assert.match(engine, /^onnxruntime \d+\.\d+\.\d+ \(cpu\)$/)
  assert.deepEqual([inputs, outputs], [3, 2])
  const status = await readFile(`/proc/${under.model.pids[0]}/status`, 'utf8')
  const rssBytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024
  assert.ok(memoryBytes / rssBytes > 0.7 && memoryBytes / rssBytes < 1.3, `${memoryBytes} reported, ${rssBytes} resident`)
})

test('no rows give no answers, and rows of another width are a bug of the caller', async () => {
  await using under = await makeModel()
  assert.equal((await under.model.predict(new Float64Array(0), 0, within(1_000))).length, 0)
  await assert.rejects(under.model.predict(new Float64Array(3), 1, within(1_000)), RangeError)
})

const twoInputs = (...names: string[]): OnnxSpec['tensors'] =>
  names.map((name, at) => ({ name, features: ['column 0', 'column 1', 'column 2'].slice(2 * at, 2 * at + 2) }))

const refused: readonly (readonly [what: string, spec: Partial<OnnxSpec> & { name: string; inputs?: number }, code: string, says: RegExp])[] = [
  ['a ZipMap output', { name: 'zipmap', inputs: 3 }, 'model_verification_failed', /"output_probability".*zipmap=False/],
  ['weights in another file', { name: 'external' }, 'model_verification_failed', /"w".*save_as_external_data=False/],
  ['several inputs of which nothing is said', { name: 'two-inputs' }, 'model_verification_failed', /"prices", "volumes".*inputs\.tensors/],
  [
    'inputs by other names',
    { name: 'two-inputs', inputs: 4, tensors: [{ name: 'prices', features: ['column 0', 'column 1'] }] },
    'model_verification_failed',
    /names "prices", the graph takes "prices", "volumes"/,
  ],
  [
    'inputs of another width',
    { name: 'two-inputs', inputs: 3, tensors: twoInputs('prices', 'volumes') },
    'feature_contract_mismatch',
    /"volumes" is float32\[N, 2\].*inputs\.tensors lists 1 names, the graph has 2/,
  ],
  ['text as input', { name: 'strings' }, 'model_verification_failed', /is string.*float32/],
  ['labels without probabilities', { name: 'labels-only' }, 'model_verification_failed', /"label".*export the scores/],
  ['a batch of a fixed size', { name: 'lstm-two', inputs: 3, window: 5, outputs: 1 }, 'model_verification_failed', /exactly 2 rows.*dynamic_axes/],
  ['two float outputs without a choice', { name: 'two-scores' }, 'model_verification_failed', /output\.tensor.*"raw", "squashed"/],
  ['an output that is not there', { name: 'two-scores', tensor: 'p' }, 'model_verification_failed', /no output "p".*"raw", "squashed"/],
  ['a label where there are classes', { name: 'logistic', inputs: 3, tensor: 'label' }, 'model_verification_failed', /a label.*"probabilities"/],
  ['a label that is all there is', { name: 'labels-only', tensor: 'label' }, 'model_verification_failed', /a label.*Export the scores/],
  ['a chosen output that is a sequence', { name: 'several-outputs', tensor: 'pieces' }, 'model_verification_failed', /"pieces" is a sequence/],
  ['a sequence beside tensors of which none is chosen', { name: 'several-outputs' }, 'model_verification_failed', /"pieces" is a sequence.*output\.tensor/],
  ['too many classes', { name: 'logistic', inputs: 3, outputs: 4 }, 'model_verification_failed', /needs 4 values per row/],
  ['too many features', { name: 'logistic', inputs: 4 }, 'feature_contract_mismatch', /lists 4 names, the graph has 3 columns/],
  ['another window', { name: 'lstm', inputs: 3, window: 6, outputs: 1 }, 'feature_contract_mismatch', /inputs\.window in model\.yaml to 5/],
  ['a window for a matrix', { name: 'logistic', inputs: 3, window: 2 }, 'feature_contract_mismatch', /\[rows, 2, 3\]/],
  ['other bytes than were verified', { name: 'identity', sha256: '0'.repeat(64) }, 'model_verification_failed', /SHA-256 differs/],
  ['a file that is not there', { name: 'absent' }, 'model_verification_failed', /does not exist/],
]

describe('what cannot be served is refused at load with what to do', () => {
  for (const [what, { name, ...spec }, code, says] of refused) {
    test(what, async () => {
      await assert.rejects(makeModel({ path: modelPath(name), ...spec }), { name: 'ServingError', code, message: says })
    })
  }
})

describe('files that are no plain models are refused', () => {
  const withFile = async (make: (path: string) => Promise<void>, says: RegExp): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'presage-onnx-'))
    try {
      await make(join(folder, 'model.onnx'))
      await assert.rejects(makeModel({ path: join(folder, 'model.onnx') }), { name: 'ServingError', code: 'model_verification_failed', message: says })
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  test('a symbolic link', () => withFile((path) => symlink(modelPath('identity'), path), /symbolic link/))
  test('a device', () => assert.rejects(makeModel({ path: '/dev/zero' }), { code: 'model_verification_failed', message: /not a plain file/ }))
  test('an empty file', () => withFile((path) => writeFile(path, ''), /is empty/))
  test('half a file', () => withFile((path) => writeFile(path, identity.subarray(0, 60)), /not a well-formed ONNX model/))
  test('text', () => withFile((path) => writeFile(path, 'tree\nversion=v4\n'), /not a well-formed ONNX model/))
  test('an operator that does not exist', () => {
    const bytes = Buffer.from(identity.toString('latin1').replace('Identity', 'Idontity'), 'latin1')
    return withFile((path) => writeFile(path, bytes), /cannot be loaded: .*Idontity/)
  })
})
