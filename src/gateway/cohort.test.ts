import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cohort } from './cohort.ts'

/** A cohort whose turns end when the test says so. */
function makeCohort() {
  const ends: (() => void)[] = []
  const done: number[] = []
  const cohort = new Cohort((run) => void ends.push(run))
  return { cohort, ends, done, add: (n: number) => cohort.join(() => void done.push(n)), endTurn: () => ends.shift()?.() }
}

test('what came in during a turn is done at its end, in order, and then nothing is asked of the loop', () => {
  const { ends, done, add, endTurn } = makeCohort()
  for (const n of [1, 2, 3]) add(n)
  assert.deepEqual([done, ends.length], [[], 1])
  endTurn()
  assert.deepEqual([done, ends.length], [[1, 2, 3], 0])
  add(4)
  endTurn()
  assert.deepEqual([done, ends.length], [[1, 2, 3, 4], 0])
})

test('the loop turns between many tasks', () => {
  const { ends, done, add, endTurn } = makeCohort()
  for (let n = 0; n < 70; n++) add(n)
  const seen = [32, 64, 70].map(() => (endTurn(), done.length))
  assert.deepEqual([seen, ends.length], [[32, 64, 70], 0])
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  )
})

test('a task that a task adds while it runs is done, once', () => {
  const { cohort, ends, done, add, endTurn } = makeCohort()
  cohort.join(() => add(1))
  endTurn()
  assert.deepEqual([done, ends.length], [[1], 0])
})

test('a task that throws keeps none of the others from being done', () => {
  const { cohort, ends, done, add, endTurn } = makeCohort()
  add(1)
  cohort.join(() => assert.fail('as planned'))
  add(2)
  assert.throws(endTurn, /as planned/)
  assert.deepEqual([done, ends.length], [[1], 1])
  endTurn()
  assert.deepEqual([done, ends.length], [[1, 2], 0])
})

test('by itself it waits for the end of the turn, microtasks and ticks included', async () => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    new Cohort().join(() => (order.push('task'), resolve()))
    process.nextTick(() => order.push('tick'))
    queueMicrotask(() => order.push('microtask'))
  })
  assert.deepEqual(order.at(-1), 'task')
})
