import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, test } from 'node:test'
import { systemClock } from '../../system.ts'
import { answerOf, calm, FakeServer, json, loadFrom, type Mood, within } from './testing/fake-server.ts'

const server = new FakeServer()
before(() => server.listen())
after(() => server.close())
beforeEach(() => {
  server.mood = calm
  server.asked.length = 0
})

const row = Float64Array.of(0.5, 0.25, 0)
const p = 1 / (1 + Math.exp(-0.75))
const right = Float64Array.of(1 - p, p)
const inferences = (): number => server.asked.filter(({ path }) => path.endsWith('/infer')).length

/** An answer that differs from the right one. */
const but =
  (change: (answer: ReturnType<typeof answerOf>) => unknown): Mood =>
  (response, { input }) =>
    json(response, 200, change(answerOf(input!)))
const output = (change: object): Mood => but((answer) => ({ ...answer, outputs: [{ ...answer.outputs[0], ...change }] }))
const reset: Mood = (response) => void response.socket?.resetAndDestroy()
/** Writes as fast as it is read. */
const flood = (response: ServerResponse): void => {
  while (!response.destroyed && response.write('x'.repeat(65_536)));
  response.once('drain', () => flood(response))
}
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Mood =>
  (response) =>
    json(response.setHeaders(new Map(Object.entries(headers))), code, { error: 'at /secret/path' })

describe('every fault of the server has its outcome, and the next call is answered', () => {
  for (const [what, mood, code, says] of [
    ['resets the connection', reset, 'model_unavailable', /cannot be reached \(ECONNRESET\)/],
    ['closes it without a word', (response) => void response.socket?.end(), 'model_unavailable', /cannot be reached \(ECONNRESET\)/],
    [
      'closes it within the answer',
      (response) => void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.socket?.destroy()),
      'model_unavailable',
      /ECONNRESET/,
    ],
    ['speaks no HTTP', (response) => void response.socket?.end('hello\r\n\r\n'), 'model_unavailable', /cannot be reached \(HPE_/],
    [
      'changes to another protocol',
      (response) => void response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
      'model_unavailable',
      /cannot be reached \(it ended the connection without an answer\)/,
    ],
    ['answers 500', status(500), 'model_output_invalid', /failed on these rows; the server log has its words \(HTTP 500\)/],
    ['answers 400', status(400), 'model_output_invalid', /HTTP 400/],
    ['answers 503', status(503), 'model_unavailable', /cannot answer now \(HTTP 503\)/],
    ['answers 429', status(429), 'model_unavailable', /HTTP 429/],
    ['answers 401', status(401), 'model_unavailable', /models\.remoteAuthorization/],
    ['answers 404', status(404), 'model_unavailable', /does not serve this model/],
    ['redirects', status(307, { location: '/v2/models/momentum' }), 'model_unavailable', /redirects, which is not followed/],
    ['sends more than it may', (response) => void response.end('x'.repeat(100_000)), 'model_output_invalid', /more than the 65664 bytes/],
    ['sends without end', flood, 'model_output_invalid', /more than the 65664 bytes/],
    ['sends no JSON', (response) => void response.end('<html>'), 'model_output_invalid', /is no JSON/],
    ['sends JSON of another kind', (response) => void response.end('[]'), 'model_output_invalid', /does not fit the protocol/],
    ['answers for another model', but((answer) => ({ ...answer, model_name: 'other' })), 'model_output_invalid', /of the model "other"/],
    ['lacks the output', output({ name: 'q' }), 'model_output_invalid', /has 0 outputs "p"/],
    ['has the output twice', but(({ outputs: [first], ...answer }) => ({ ...answer, outputs: [first, first] })), 'model_output_invalid', /has 2 outputs "p"/],
    ['gives another type', output({ datatype: 'FP32' }), 'model_output_invalid', /is FP32, the endpoint says FP64/],
    ['gives another shape', output({ shape: [2, 1] }), 'model_output_invalid', /shape \[2, 1\] for 1 rows; the manifest needs \[1, 2\]/],
    ['gives more axes', output({ shape: [1, 2, 1] }), 'model_output_invalid', /shape \[1, 2, 1\]/],
    ['gives too few values', output({ data: [0.5] }), 'model_output_invalid', /has 1 values in the shape \[1, 2\]/],
    ['gives text', output({ data: ['0.5', '0.5'] }), 'model_output_invalid', /no number/],
    ['nests its values otherwise than its shape', output({ data: [[0.5], [0.5]] }), 'model_output_invalid', /nests its values otherwise/],
  ] as const satisfies readonly (readonly [string, Mood, string, RegExp])[]) {
    test(`a server that ${what}`, async () => {
      await using under = await loadFrom(server)
      server.mood = mood
      await assert.rejects(under.model.predict(row, 1, within(20_000)), { name: 'ServingError', code, message: says })
      server.mood = calm
      assert.deepEqual(await under.model.predict(row, 1, within(20_000)), right)
    })
  }

  for (const [what, mood] of [
    ['says nothing', () => {}],
    ['says its answer a byte at a time', (response) => void setInterval(() => response.write(' '), 5).unref()],
    ['stops within its answer', (response) => void response.writeHead(200).write('{')],
  ] as const satisfies readonly (readonly [string, Mood])[]) {
    test(`a server that ${what} is given up at the deadline, and when the caller leaves`, async () => {
      await using under = await loadFrom(server)
      server.mood = mood
      await assert.rejects(under.model.predict(row, 1, within(60)), { name: 'ServingError', code: 'deadline_exceeded' })
      const leaving = new AbortController()
      const call = under.model.predict(row, 1, within(60_000, leaving.signal))
      leaving.abort()
      await assert.rejects(call, { code: 'deadline_exceeded' })
      await assert.rejects(under.model.predict(row, 1, within(60_000, leaving.signal)), { code: 'deadline_exceeded' })
      server.mood = calm
      assert.deepEqual(await under.model.predict(row, 1, within(20_000)), right)
    })
  }

  test('a redirect is not followed', async () => {
    await using under = await loadFrom(server)
    server.mood = status(307, { location: `http://${server.host}/v2/health/ready` })
    server.asked.length = 0
    await assert.rejects(under.model.predict(row, 1, within(20_000)))
    assert.equal(server.asked.length, 1)
  })

  test('a server that answers as another version than was proven is refused', async () => {
    await using under = await loadFrom(server)
    const version = (model_version: string): Mood => but((answer) => ({ ...answer, model_version }))
    server.mood = version('1')
    await under.model.predict(row, 1, within(20_000))
    assert.match(under.model.engine, /^momentum 1 at/)
    server.mood = version('2')
    await assert.rejects(under.model.predict(row, 1, within(20_000)), {
      code: 'model_unavailable',
      message: /answers as version "2" of momentum; 1 is what was proven/,
    })
  })

  test('what it says goes to the log, once as long as it says the same, and not to the caller', async () => {
    await using under = await loadFrom(server)
    for (const code of [500, 500, 400, 500]) {
      server.mood = status(code)
      await assert.rejects(under.model.predict(row, 1, within(20_000)), (error: Error) => !error.message.includes('secret'))
    }
    assert.deepEqual(
      under.lines.map(({ line }) => /HTTP (\d+) .*secret/.exec(line)?.[1]),
      ['500', '400', '500'],
    )
  })
})

describe('a second try', () => {
  const once =
    (first: Mood): Mood =>
    (response, asked) =>
      (inferences() === 1 ? first : calm)(response, asked)

  for (const [what, mood] of [
    ['a reset', reset],
    ['503', status(503)],
  ] as const) {
    test(`is made after ${what}`, async () => {
      await using under = await loadFrom(server)
      server.mood = once(mood)
      assert.deepEqual(await under.model.predict(row, 1, within(20_000)), right)
      assert.deepEqual([inferences(), under.seen['remote_retries_total']], [2, 1])
    })
  }

  for (const [what, mood, deadlineMs] of [
    ['after 500, which the rows may be to blame for', status(500), 20_000],
    ['after 429', status(429), 20_000],
    ['when the server wants more time than is left', status(503, { 'retry-after': '30' }), 20_000],
  ] as const) {
    test(`is not made ${what}`, async () => {
      await using under = await loadFrom(server)
      server.mood = once(mood)
      await assert.rejects(under.model.predict(row, 1, within(deadlineMs)))
      assert.equal(inferences(), 1)
    })
  }

  test('is made for the saved three and a tenth of the calls, not for each', async () => {
    await using under = await loadFrom(server, { spec: { breaker: { leastCalls: 1_000 } } })
    server.mood = status(503)
    for (let call = 0; call < 30; call += 1) await assert.rejects(under.model.predict(row, 1, within(20_000)), { code: 'model_unavailable' })
    assert.deepEqual([under.seen['remote_retries_total'], inferences()], [5, 35])
  })

  test('after a wait that the caller does not outlast is given up', async () => {
    await using under = await loadFrom(server, { deps: { clock: { ...systemClock, monotonic: () => 0 } } })
    server.mood = status(503, { 'retry-after': '1' })
    await assert.rejects(under.model.predict(row, 1, { at: 20_000, signal: AbortSignal.timeout(50) }), { code: 'deadline_exceeded' })
  })
})

describe('the circuit', () => {
  /** A model whose clock can be moved, with a breaker that opens after four calls. */
  async function makeRemote() {
    let shift = 0
    const clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + shift }
    const breaker = { leastCalls: 4, open: { baseMs: 60_000, capMs: 60_000 }, slices: 1_000 }
    const under = await loadFrom(server, { deps: { clock }, spec: { breaker } })
    const call = (ms = 20_000, signal = new AbortController().signal) => under.model.predict(row, 1, { at: clock.monotonic() + ms, signal })
    const fail = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await assert.rejects(call())
    }
    return { ...under, call, fail, later: (ms: number) => void (shift += ms), [Symbol.asyncDispose]: () => under.model.dispose() }
  }

  for (const [what, mood] of [
    ['500', status(500)],
    ['503', status(503)],
    ['resets', reset],
    ['answers without end', (response) => void response.end('x'.repeat(100_000))],
  ] as const satisfies readonly (readonly [string, Mood])[]) {
    test(`opens after too many ${what}: calls fail at once and say when to come back; then it closes again`, async () => {
      await using under = await makeRemote()
      server.mood = mood
      await under.fail(4)
      const before = inferences()
      await assert.rejects(under.call(), (error: { code: string; retryAfterMs: number; message: string }) => {
        assert.match(error.message, /^The remote server 127\.0\.0\.1:\d+ failed too often/)
        return error.code === 'circuit_open' && error.retryAfterMs > 20_000 && error.retryAfterMs <= 60_000
      })
      assert.equal(inferences(), before)
      assert.deepEqual([under.seen['remote_circuit_state'], /circuit open/.test(under.model.engine)], [2, true])
      server.mood = calm
      under.later(60_000)
      for (let i = 0; i < 7; i += 1) assert.deepEqual(await under.call(), right)
      assert.deepEqual([under.seen['remote_circuit_state'], /circuit/.test(under.model.engine)], [0, false])
    })
  }

  test('opens when the server keeps callers waiting who gave it time', async () => {
    await using under = await makeRemote()
    server.mood = () => {}
    for (let i = 0; i < 4; i += 1) await assert.rejects(under.call(110), { code: 'deadline_exceeded' })
    await assert.rejects(under.call(), { code: 'circuit_open' })
  })

  test('does not open for callers who are impatient or leave, nor for rows that the server refuses', async () => {
    await using under = await makeRemote()
    server.mood = () => {}
    for (let i = 0; i < 6; i += 1) await assert.rejects(under.call(5), { code: 'deadline_exceeded' })
    for (let i = 0; i < 6; i += 1) await assert.rejects(under.call(20_000, AbortSignal.timeout(1)), { code: 'deadline_exceeded' })
    server.mood = status(400)
    await under.fail(6)
    server.mood = calm
    assert.deepEqual(await under.call(), right)
  })
})

test('beyond 256 calls the model is overloaded; those that wait are answered', async () => {
  await using under = await loadFrom(server)
  const waiting: (() => void)[] = []
  server.mood = (response, asked) => void waiting.push(() => calm(response, asked))
  const calls = Array.from({ length: 256 }, () => under.model.predict(row, 1, within(60_000)))
  await assert.rejects(under.model.predict(row, 1, within(60_000)), { code: 'overloaded' })
  while (waiting.length < 64) await new Promise((resolve) => setImmediate(resolve))
  server.mood = calm
  for (const answer of waiting) answer()
  for (const values of await Promise.all(calls)) assert.deepEqual(values, right)
})
