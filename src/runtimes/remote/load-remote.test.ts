import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Differences, FakeServer, calm, json, loadFrom, metadata, within } from './testing/fake-server.ts'

const server = new FakeServer()
const pages = server.pages
before(() => server.listen())
after(() => server.close())
beforeEach(() => {
  server.mood = calm
  server.pages = { ...pages }
  server.asked.length = 0
})
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const rows = Float64Array.of(0.1, 0.2, 0.3, -4, 1e-300, 5e9, 0.1 + 0.2, 1 / 3, -0)

test('rows go out and probabilities come back, many at once as one by one, over one connection', async () => {
  await using under = await loadFrom(server)
  const { model } = under
  const connections = server.connections
  const together = await model.predict(rows, 3, within(20_000))
  assert.deepEqual(together, Float64Array.from([0.1 + 0.2 + 0.3, -4 + 1e-300 + 5e9, 0.1 + 0.2 + 1 / 3].flatMap((z) => [1 - sigmoid(z), sigmoid(z)])))
  for (let i = 0; i < 3; i += 1) assert.deepEqual(await model.predict(rows.subarray(3 * i, 3 * i + 3), 1, within(20_000)), together.subarray(2 * i, 2 * i + 2))
  assert.equal(server.connections, connections)
  assert.equal((await model.predict(new Float64Array(0), 0, within(1_000))).length, 0)
  await assert.rejects(model.predict(rows, 2, within(1_000)), RangeError)
  assert.deepEqual([model.inputs, model.outputs, model.memoryBytes], [3, 2, 0])
  assert.equal(model.engine, `momentum at ${server.host} (Open Inference Protocol)`)
})

test('float64 arrives to the bit, float32 rounded as numpy does', async () => {
  await using exact = await loadFrom(server)
  await exact.model.predict(rows, 3, within(20_000))
  assert.deepEqual(server.asked.at(-1)?.input, { name: 'x', datatype: 'FP64', shape: [3, 3], data: [...rows.subarray(0, 8), 0] })
  server.pages['/v2/models/momentum'] = [200, { ...metadata, inputs: [] }]
  await using single = await loadFrom(server, { endpoint: { input: { name: 'x', datatype: 'FP32' } } })
  await single.model.predict(rows, 3, within(20_000))
  assert.deepEqual(server.asked.at(-1)?.input?.data, [...Float32Array.from(rows).subarray(0, 8), 0])
  await assert.rejects(single.model.predict(Float64Array.of(1e300, 0, 0), 1, within(1_000)), { code: 'non_finite_feature' })
})

test('a window goes as it is or flattened, as the endpoint says', async () => {
  const spec = { inputs: 3, window: 2 }
  server.pages['/v2/models/momentum'] = [200, { ...metadata, inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2, 3] }] }]
  await using cube = await loadFrom(server, { spec })
  await cube.model.predict(rows.subarray(0, 6), 1, within(20_000))
  assert.deepEqual(server.asked.at(-1)?.input?.shape, [1, 2, 3])
  await assert.rejects(loadFrom(server, { spec, endpoint: { input: { name: 'x', datatype: 'FP64', window: false } } }), {
    code: 'feature_contract_mismatch',
    message: /\[-1, 2, 3\].*describe \[-1, 6\]/,
  })
  server.pages['/v2/models/momentum'] = [200, { ...metadata, inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 6] }] }]
  await using flat = await loadFrom(server, { spec, endpoint: { input: { name: 'x', datatype: 'FP64', window: false } } })
  await flat.model.predict(rows.subarray(0, 6), 1, within(20_000))
  assert.deepEqual(server.asked.at(-1)?.input?.shape, [1, 6])
})

test('a missing value is sent as null only where the endpoint says that the server takes it so', async () => {
  const row = Float64Array.of(1, Number.NaN, 2)
  await using plain = await loadFrom(server)
  await assert.rejects(plain.model.predict(row, 1, within(1_000)), { code: 'model_output_invalid', message: /"missing": "null"/ })
  await using lenient = await loadFrom(server, { endpoint: { input: { name: 'x', datatype: 'FP64', missing: 'null' } } })
  await lenient.model.predict(row, 1, within(20_000))
  assert.deepEqual(server.asked.at(-1)?.input?.data, [1, null, 2])
  await assert.rejects(lenient.model.predict(Float64Array.of(1, Infinity, 2), 1, within(1_000)), { code: 'non_finite_feature' })
})

test('a null is the NaN of its row, and costs the rows beside it nothing', async () => {
  await using under = await loadFrom(server)
  server.mood = (response) =>
    json(response, 200, { model_name: 'momentum', outputs: [{ name: 'p', datatype: 'FP64', shape: [2, 2], data: [null, null, 0.5, 0.5] }] })
  assert.deepEqual(await under.model.predict(rows.subarray(0, 6), 2, within(20_000)), Float64Array.of(Number.NaN, Number.NaN, 0.5, 0.5))
})

test('one column stands for the second of two classes', async () => {
  await using under = await loadFrom(server)
  server.mood = (response) => response.end(JSON.stringify({ model_name: 'momentum', outputs: [{ name: 'p', datatype: 'FP64', shape: [2], data: [0.25, 1] }] }))
  assert.deepEqual(await under.model.predict(rows.subarray(0, 6), 2, within(20_000)), Float64Array.of(0.75, 0.25, 0, 1))
})

test('a version is part of every path, and a path of the url stays', async () => {
  for (const [path, page] of Object.entries(pages)) server.pages[`/gate${path.replace('momentum', 'momentum/versions/2%2F1')}`] = page
  await using under = await loadFrom(server, { endpoint: { url: `http://${server.host}/gate/`, version: '2/1' } })
  await under.model.predict(rows.subarray(0, 3), 1, within(20_000))
  assert.deepEqual(
    server.asked.map(({ path }) => path),
    [
      '/gate/v2/health/ready',
      '/gate/v2/models/momentum/versions/2%2F1/ready',
      '/gate/v2/models/momentum/versions/2%2F1',
      '/gate/v2/models/momentum/versions/2%2F1/infer',
    ],
  )
  assert.match(under.model.engine, /^momentum 2\/1 at /)
})

test('the authorization of the operator goes where the endpoint asks for it, and nowhere else', async () => {
  const settings = { remoteHosts: [server.host], remoteAuthorization: 'Bearer abc' }
  await using plain = await loadFrom(server, { spec: { settings } })
  await plain.model.predict(rows.subarray(0, 3), 1, within(20_000))
  assert.deepEqual([...new Set(server.asked.map(({ headers }) => headers.authorization))], [undefined])
  server.asked.length = 0
  await using asking = await loadFrom(server, { spec: { settings }, endpoint: { authorization: true } })
  await asking.model.predict(rows.subarray(0, 3), 1, within(20_000))
  assert.deepEqual([...new Set(server.asked.map(({ headers }) => headers.authorization))], ['Bearer abc'])
})

test('dispose ends its connections', async () => {
  const own = new FakeServer()
  await own.listen()
  const { model } = await loadFrom(own)
  await model.predict(rows.subarray(0, 3), 1, within(20_000))
  assert.equal(await own.open(), 1)
  await model.dispose()
  while ((await own.open()) > 0);
  await own.close()
})

describe('what cannot be served is refused at load with what to do', () => {
  const refused = 'model_verification_failed'
  const said =
    (change: object): (() => void) =>
    () =>
      void (server.pages['/v2/models/momentum'] = [200, { ...metadata, ...change }])
  const page =
    (path: string, status: number): (() => void) =>
    () =>
      void (server.pages[path] = [status, {}])
  const other = (tensor: object) => [{ name: 'x', datatype: 'FP64', shape: [-1, 3], ...tensor }]
  for (const [what, arrange, code, says] of [
    ['a server that is not ready', page('/v2/health/ready', 503), 'model_unavailable', /cannot answer now \(HTTP 503\)/],
    ['a model that is not ready', page('/v2/models/momentum/ready', 404), 'model_unavailable', /does not serve this model/],
    ['a page that is no metadata', () => void (server.pages['/v2/models/momentum'] = [200, [1]]), refused, /no metadata of the Open Inference Protocol/],
    ['another model', said({ name: 'other' }), refused, /answers for the model "other"/],
    ['another input', said({ inputs: other({ name: 'y' }) }), refused, /no input "x"; set input\.name in the endpoint to one of: "y"/],
    ['another input type', said({ inputs: other({ datatype: 'BYTES' }) }), refused, /input "x" is BYTES\[-1, 3\], the endpoint says FP64/],
    ['other columns', said({ inputs: other({ shape: [-1, 4] }) }), 'feature_contract_mismatch', /FP64\[-1, 4\].*describe \[-1, 3\]/],
    ['several inputs', said({ inputs: [...other({}), ...other({ name: 'z' })] }), refused, /takes 2 inputs/],
    ['another output', said({ outputs: other({ name: 'q' }) }), refused, /no output "p"/],
    ['an output that is not float', said({ outputs: other({ name: 'p', datatype: 'INT64' }) }), refused, /is INT64/],
    ['other classes', said({ outputs: other({ name: 'p', shape: [-1, 5] }) }), refused, /FP64\[-1, 5\], the manifest needs \[-1, 2\]/],
  ] as const) {
    test(what, async () => {
      arrange()
      await assert.rejects(loadFrom(server), { name: 'ServingError', code, message: says })
    })
  }

  for (const [what, differences, says] of [
    ['no host is listed', { spec: { settings: { remoteHosts: [] } } }, /add 127\.0\.0\.1:\d+ to the setting models\.remoteHosts \(it lists none\)/],
    ['another port is listed', { spec: { settings: { remoteHosts: ['127.0.0.1', '127.0.0.1:1', 'localhost'] } } }, /models\.remoteHosts/],
    ['a url that is none', { endpoint: { url: 'ftp://x' } }, /must be http/],
    ['a url with a password', { endpoint: { url: 'http://a:b@127.0.0.1' } }, /remoteAuthorization/],
    ['a url with a query', { endpoint: { url: 'http://127.0.0.1/?a' } }, /before \? and #/],
    ['an unknown key', { endpoint: { headers: {} } }, /does not fit: \/headers has no meaning here$/],
    ['what belongs into the input', { endpoint: { missing: 'null' } }, /does not fit: \/missing has no meaning here$/],
    ['an endpoint beyond all measure', { endpoint: { version: 'x'.repeat(1 << 16) } }, /^The endpoint has \d+ bytes; at most 65536 are read$/],
    ['an authorization that is not set', { endpoint: { authorization: true } }, /set models\.remoteAuthorization/],
    ['an endpoint with other bytes than the manifest says', { spec: { files: {} } }, /SHA-256 differs/],
  ] as const satisfies readonly (readonly [string, Differences, RegExp])[]) {
    test(what, async () => {
      await assert.rejects(loadFrom(server, differences), { name: 'ServingError', code: refused, message: says })
      assert.deepEqual(server.asked, [])
    })
  }

  test('a server that is not there', async () => {
    const gone = new FakeServer()
    await gone.listen()
    const { host } = gone
    await gone.close()
    await assert.rejects(loadFrom({ host }), { code: 'model_unavailable', message: /cannot be reached \(ECONNREFUSED\)/ })
  })
  test('a load that is given up', () => assert.rejects(loadFrom(server, { signal: AbortSignal.abort() }), { code: 'deadline_exceeded' }))
})
