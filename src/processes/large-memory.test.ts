import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveBack } from './large-memory.ts'

test('what is given back is gone at once, but not what lies in a buffer beside others', () => {
  const whole = new Uint8Array(1_000)
  const part = new Uint8Array(1_000).subarray(0, 999)
  for (const array of [whole, part]) giveBack(array)
  assert.deepEqual([whole.length, part.length], [0, 999])
})
