import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asOfMoment } from './as-of.ts'
import { refusal } from './testing/in-memory.ts'

const now = Date.UTC(2024, 0, 15, 10, 30)

test('no timestamp leaves the moment to the clock of the series', () => assert.equal(asOfMoment(undefined, now), undefined))

test('an instant with any zone is a moment', () => {
  assert.equal(asOfMoment('2024-01-15T10:30:00Z', now), now)
  assert.equal(asOfMoment('2024-01-15T11:30:00.000+01:00', now), now)
})

test('a clock that runs ahead up to 2 s is borne, not a millisecond more', () => {
  assert.equal(asOfMoment('2024-01-15T10:30:02.000Z', now), now + 2_000)
  assert.throws(() => asOfMoment('2024-01-15T10:30:02.001Z', now), refusal('timestamp_in_future', /3 s ahead/))
})

for (const text of [
  '2024-01-15T10:30:00',
  '2024-02-30T10:30:00Z',
  '2024-01-15T24:00:00Z',
  '2016-12-31T23:59:60Z',
  '1969-12-31T23:59:59Z',
  '15.01.2024 10:30',
  '1705314600000',
  '',
]) {
  test(`${JSON.stringify(text)} is no instant`, () => assert.throws(() => asOfMoment(text, now), refusal('invalid_timestamp', /2024-01-15T10:30:00Z/)))
}
