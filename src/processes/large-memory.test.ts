import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveBack, sharedMemory } from './large-memory.ts'

test('shared memory is of the wanted size, cleared, and the same for all threads', async () => {
  const memory = sharedMemory(100_000)
  const { port1, port2 } = new MessageChannel()
  const arrived = new Promise<Uint8Array>((resolve) => port2.once('message', resolve))
  port1.postMessage(new Uint8Array(memory, 0, 100_000))
  const there = await arrived
  assert.deepEqual([there.length, there.some((byte) => byte !== 0)], [100_000, false])
  new Uint8Array(memory)[99_999] = 7
  assert.equal(there[99_999], 7)
  port1.close()
})

test('what is given back is gone at once, but not what lies in a buffer beside others', () => {
  const whole = new Uint8Array(1_000)
  const part = new Uint8Array(1_000).subarray(0, 999)
  for (const array of [whole, part]) giveBack(array)
  assert.deepEqual([whole.length, part.length], [0, 999])
})
