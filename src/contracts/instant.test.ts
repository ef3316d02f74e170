import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatInstant, parseInstant } from './instant.ts'

test('an instant is read with its zone and its milliseconds', () => {
  assert.equal(parseInstant('2024-01-15T10:30:00Z'), 1_705_314_600_000)
  assert.equal(parseInstant('2024-01-15t10:30:00z'), 1_705_314_600_000)
  assert.equal(parseInstant('2024-01-15T12:30:00+02:00'), 1_705_314_600_000)
  assert.equal(parseInstant('2024-01-15T05:00:00-05:30'), 1_705_314_600_000)
  assert.equal(parseInstant('2024-01-15T10:30:00.5Z'), 1_705_314_600_500)
  assert.equal(parseInstant('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29))
})

test('digits below the millisecond are cut, never rounded', () => {
  assert.equal(parseInstant('1970-01-01T00:00:00.999999999Z'), 999)
  assert.equal(parseInstant('1970-01-01T00:00:00.0019Z'), 1)
})

test('a text that is no instant is refused rather than bent into one', () => {
  const none = [
    '',
    '2024-01-15',
    '2024-01-15T10:30:00',
    '2024-01-15 10:30:00Z',
    '2024-1-15T10:30:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-01-15T24:00:00Z',
    '2024-01-15T10:60:00Z',
    '2024-01-15T10:30:60Z',
    '1969-12-31T23:59:59Z',
    '2024-01-15T10:30:00+24:00',
    '2024-01-15T10:30:00+02:60',
    '2024-01-15T10:30:00+0200',
    '2024-01-15T10:30:00.Z',
    '2024-01-15T10:30:00.1234567890Z',
    ' 2024-01-15T10:30:00Z',
    '2024-01-15T10:30:00Z\n',
    '+002024-01-15T10:30:00Z',
    '1705314600000',
  ]
  for (const text of none) assert.equal(parseInstant(text), undefined, text)
})

test('every millisecond of the calendar survives being written and read', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => parseInstant(formatInstant(ms)) === ms))
})

test('the zone moves the instant by exactly its offset', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.constantFrom(1, -1), (hours, minutes, sign) => {
      const zone = `${sign > 0 ? '+' : '-'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
      return parseInstant(`2024-06-15T12:00:00${zone}`) === Date.UTC(2024, 5, 15, 12) - sign * (hours * 60 + minutes) * 60_000
    }),
  )
})

test('no text makes the reader fail', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => ['number', 'undefined'].includes(typeof parseInstant(text))))
})

test('an instant is written in UTC, without a fraction of zero', () => {
  assert.equal(formatInstant(1_705_314_600_000), '2024-01-15T10:30:00Z')
  assert.equal(formatInstant(1_705_314_600_120), '2024-01-15T10:30:00.120Z')
})
