import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recycling } from './recycling.ts'

/** Turns on a virtual clock; the waits have no random part. */
function makeRecycling() {
  let now = 0
  const clock = { now: () => 0, monotonic: () => now }
  const recycling = new Recycling({ clock, random: () => 1 }, { backoff: { baseMs: 50, capMs: 150 }, steadyMs: 1_000 })
  return { recycling, pass: (ms: number) => void (now += ms) }
}

test('one is replaced at a time, and one that was replaced for good may be so again at once', () => {
  const { recycling } = makeRecycling()
  assert.deepEqual([recycling.begin(), recycling.begin()], [true, false])
  recycling.end()
  assert.equal(recycling.begin(), true)
})

test('after one that did not help the next waits, longer each time, until none was needed for a steady time', () => {
  const { recycling, pass } = makeRecycling()
  const waits: number[] = []
  for (const later of [0, 0, 0, 0, 1_000]) {
    pass(later)
    assert.equal(recycling.begin(), true)
    pass(2_000) // a start that takes long is no steady time
    waits.push(recycling.failed())
    recycling.end()
    pass((waits.at(-1) ?? 0) - 1)
    assert.equal(recycling.begin(), false)
    pass(1)
  }
  assert.deepEqual(waits, [50, 100, 150, 150, 50])
})
