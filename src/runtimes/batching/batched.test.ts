import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingError } from '../../contracts/error.ts'
import { makeBatched, outputsOf } from './fake-model.test-data.ts'

const codes = async (answers: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(answers)).map((each) => (each.status === 'fulfilled' ? 'answered' : (each.reason as ServingError).code))

test('a lone call reaches the model in the same turn, with its own rows and deadline, and sets no timer', () => {
  const { model, time, calls, within } = makeBatched()
  const deadline = within(50)
  const timersBefore = time.pending
  void model.predict(Float64Array.of(1, 2), 1, deadline)
  assert.equal(calls.length, 1)
  assert.equal(calls[0]?.deadline, deadline)
  // Two of the fake model's own.
  assert.equal(time.pending, timersBefore + 2)
})

test('while the worker is busy rows gather, and go together as soon as it is free', async () => {
  const { ask, time, counts, calls } = makeBatched()
  const answers = [ask(), ask(), ask(3), ask()]
  await time.pass(10)
  assert.deepEqual(counts(), [1, 5])
  assert.equal(calls[1]?.at, 10)
  await time.pass(10)
  assert.deepEqual(await codes(answers), ['answered', 'answered', 'answered', 'answered'])
})

test('as many calls go at once as there are workers', async () => {
  const { ask, time, counts, seen } = makeBatched({ workers: 2 })
  const answers = Array.from({ length: 6 }, () => ask())
  await time.pass(100)
  assert.deepEqual(counts(), [1, 1, 4])
  assert.equal(seen.busiest, 2)
  await Promise.all(answers)
})

test('rows are counted, not calls, and calls keep their order', async () => {
  const { ask, time, counts } = makeBatched({ maxRows: 4 })
  const answers = [ask(), ask(3), ask(1), ask(4), ask(2), ask(3)]
  await time.pass(100)
  assert.deepEqual(counts(), [1, 4, 4, 2, 3])
  await Promise.all(answers)
})

test('a call of more rows than one batch takes is cut and put together again', async () => {
  const { model, time, counts, within } = makeBatched({ maxRows: 4 })
  const rows = Float64Array.from({ length: 22 }, (_, at) => Math.sin(at))
  const answer = model.predict(rows, 11, within(1_000))
  await time.pass(100)
  assert.deepEqual(await answer, outputsOf(rows))
  assert.deepEqual(counts(), [4, 4, 3])
})

test('one piece that fails fails its call, and the other pieces leave the queue', async () => {
  const { ask, time, counts } = makeBatched({ maxRows: 4 }, { fail: () => new ServingError('model_unavailable', 'restarting') })
  const whole = ask(20)
  await time.pass(10)
  assert.deepEqual(await codes([whole]), ['model_unavailable'])
  await time.pass(100)
  assert.deepEqual(counts(), [4, 4])
})

test('rows whose deadline has passed never reach the model, and their caller hears of it in time', async () => {
  const { ask, time, counts, within } = makeBatched()
  const first = ask()
  const late = ask(2, within(4))
  // Its timer is behind the end of the first call.
  const atTheSameMoment = ask(1, within(10))
  const patient = ask()
  await time.pass(4)
  assert.deepEqual(await codes([late]), ['deadline_exceeded'])
  await time.pass(100)
  assert.deepEqual(counts(), [1, 1])
  assert.deepEqual(await codes([first, patient, atTheSameMoment, ask(1, within(0))]), ['answered', 'answered', 'deadline_exceeded', 'deadline_exceeded'])
})

test('a batch lasts until the latest deadline of its members, and each of them gives up at its own', async () => {
  const { ask, time, calls, within } = makeBatched({}, { ms: (count) => (count === 1 ? 10 : 50) })
  const first = ask()
  const early = ask(1, within(30))
  const patient = ask(1, within(200))
  await time.pass(30)
  assert.equal(calls[1]?.deadline.at, 200)
  assert.deepEqual(await codes([first, early]), ['answered', 'deadline_exceeded'])
  await time.pass(100)
  assert.deepEqual(await codes([patient]), ['answered'])
})

test('a caller that leaves takes its rows out of the queue; a batch that all have left is given up', async () => {
  const { ask, time, counts, calls, within } = makeBatched()
  const leaving = new AbortController()
  const first = ask()
  const left = ask(1, within(1_000, leaving.signal))
  leaving.abort(new ServingError('draining', 'the server ends'))
  assert.deepEqual(await codes([left, ask(1, within(1_000, leaving.signal))]), ['draining', 'draining'])
  const later = new AbortController()
  const members = [ask(1, within(1_000, later.signal)), ask(1, within(1_000, later.signal))]
  await time.pass(10)
  assert.deepEqual(counts(), [1, 2])
  later.abort()
  assert.ok(calls[1]?.deadline.signal.aborted)
  assert.deepEqual(await codes([first, ...members]), ['answered', 'deadline_exceeded', 'deadline_exceeded'])
})

test('beyond the rows or calls that may wait a call is refused, with the time until there is room', async () => {
  const { ask, time } = makeBatched({ queueRows: 20, queueRequests: 3 }, { ms: (count) => 5 + count })
  const learning = ask()
  await time.pass(20)
  await learning
  const answers = [ask(), ask(8), ask(8)]
  await assert.rejects(ask(5), (error: ServingError) => error.code === 'overloaded' && error.retryAfterMs !== undefined && error.retryAfterMs >= 12)
  answers.push(ask(1))
  await assert.rejects(ask(1), { code: 'overloaded', message: /17 rows of 3 calls/ })
  await time.pass(100)
  assert.deepEqual(await codes(answers), ['answered', 'answered', 'answered', 'answered'])
})

test('what calls took before the model was brought to hand is forgotten: its processes gave way until then', async () => {
  let ms = 1_000
  const { model, ask, time } = makeBatched({ queueRequests: 1 }, { ms: () => ms })
  const proof = ask()
  await time.pass(1_000)
  await proof
  await model.bringAtHand?.()
  ms = 10
  const answers = [ask(), ask()]
  await assert.rejects(ask(), (error: ServingError) => error.code === 'overloaded' && error.retryAfterMs === 1)
  await time.pass(20)
  assert.deepEqual(await codes(answers), ['answered', 'answered'])
})

test('a call of more rows than may wait is taken when nothing waits', async () => {
  const { ask, time } = makeBatched({ queueRows: 8 })
  const large = ask(30)
  await time.pass(100)
  assert.deepEqual(await codes([large]), ['answered'])
})

const poisoned = (rows: Float64Array): ServingError | undefined => (rows.includes(3) ? new ServingError('model_output_invalid', 'not finite') : undefined)

test('a row that the model refuses fails its caller only: the others are asked again alone', async () => {
  const { ask, time, counts } = makeBatched({}, { fail: poisoned })
  const answers = [ask(1), ask(2), ask(3), ask(1)]
  await time.pass(1_000)
  assert.deepEqual(await codes(answers), ['answered', 'answered', 'model_output_invalid', 'answered'])
  assert.deepEqual(counts(), [1, 6, 2, 3, 1])
})

test('when a worker dies, each row goes once more, alone, to another one: what kills a second worker is not tried again', async () => {
  const deadly = (rows: Float64Array): ServingError | undefined => (rows.includes(3) ? new ServingError('worker_crashed', 'ended') : undefined)
  const { ask, time, counts } = makeBatched({ workers: 2, hasOthers: true }, { fail: deadly })
  const answers = [ask(1), ask(1), ask(2), ask(3)]
  await time.pass(1_000)
  assert.deepEqual(await codes(answers), ['answered', 'answered', 'answered', 'worker_crashed'])
  assert.deepEqual(counts(), [1, 1, 5, 2, 3])
})

test('a lone call that lost its worker goes once more; with one worker there is no other', async () => {
  const once = (_: Float64Array, call: number): ServingError | undefined => (call === 1 ? new ServingError('worker_crashed', 'ended') : undefined)
  for (const [hasOthers, outcome, calls] of [
    [true, 'answered', [1, 1]],
    [false, 'worker_crashed', [1]],
  ] as const) {
    const { ask, time, counts } = makeBatched({ hasOthers }, { fail: once })
    const answer = ask()
    await time.pass(100)
    assert.deepEqual([await codes([answer]), counts()], [[outcome], calls])
  }
})

test('a call that lost its worker and finds no other one is told of the loss', async () => {
  const failures = ['worker_crashed', 'model_unavailable'] as const
  const fail = (_: Float64Array, call: number): ServingError => new ServingError(failures[call - 1] ?? 'internal', 'no')
  const { ask, time, counts } = makeBatched({ hasOthers: true }, { fail })
  const answer = ask()
  await time.pass(100)
  assert.deepEqual([await codes([answer]), counts()], [['worker_crashed'], [1, 1]])
})

test('no call is made again when its deadline has passed', async () => {
  const crashed = (): ServingError => new ServingError('worker_crashed', 'ended')
  const { ask, time, counts, within } = makeBatched({ workers: 2, hasOthers: true }, { fail: crashed })
  const answer = ask(1, within(10))
  await time.pass(100)
  assert.deepEqual([await codes([answer]), counts()], [['worker_crashed'], [1]])
})

test('the model is told when all else of its load is done', async () => {
  const { model, seen } = makeBatched()
  await model.bringAtHand?.()
  assert.ok(seen.atHand)
})

test('unloading fails what waits, and the model is disposed', async () => {
  const { model, ask, seen } = makeBatched()
  void ask()
  const waiting = ask()
  await model.dispose()
  assert.deepEqual(await codes([waiting]), ['model_unavailable'])
  assert.ok(seen.disposed)
})

test('no rows give no answers, and rows of another width are a bug of the caller', async () => {
  const { model, within, counts } = makeBatched()
  assert.equal((await model.predict(new Float64Array(0), 0, within(10))).length, 0)
  await assert.rejects(model.predict(new Float64Array(3), 1, within(10)), RangeError)
  assert.deepEqual(counts(), [])
})
