import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from './contracts/ports.ts'
import { makeIds } from './system.ts'

const frozen = (times: number[]): Clock => ({ now: () => times.shift() ?? 1_700_000_000_000, monotonic: () => 0 })
const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('ids are well-formed UUIDv7 whatever the random bytes are', () => {
  for (const byte of [0, 255]) {
    const next = makeIds(frozen([]), (bytes) => bytes.fill(byte))
    assert.match(next(), uuid7)
  }
})

test('ids carry the time and sort in the order of their making, within one ms, past 4096 in one ms, and when the clock steps back', () => {
  const next = makeIds(frozen([1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000]))
  const ids = Array.from({ length: 10_000 }, () => next())
  assert.equal(parseInt(ids[0]?.replaceAll('-', '').slice(0, 12) ?? '', 16), 1_700_000_000_000)
  assert.deepEqual([...ids].sort(), ids)
  assert.equal(new Set(ids).size, ids.length)
})
