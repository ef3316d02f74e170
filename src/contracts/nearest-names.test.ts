import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meant, nearestNames } from './nearest-names.ts'

test('the names nearest in spelling come first, and only those that share something', () => {
  assert.deepEqual(nearestNames('rsi(41)@1m', ['rsi(14)@1m', 'ema(14)@1m', 'tod_sin']).at(0), 'rsi(14)@1m')
  assert.deepEqual(nearestNames('hots', ['host', 'port', 'bodyLimitBytes'], 1), ['host'])
  assert.deepEqual(nearestNames('zzzzzz', ['host', 'port']), [])
})

test('capitals make no difference', () => {
  assert.deepEqual(nearestNames('presage_gateway_prot', ['PRESAGE_GATEWAY_PORT', 'PRESAGE_LOG_LEVEL'], 1), ['PRESAGE_GATEWAY_PORT'])
})

test('a text of any length is compared in bounded time', () => {
  assert.deepEqual(nearestNames('x'.repeat(1_000_000), ['host']), [])
})

test('what may have been meant ends a sentence, or is nothing', () => {
  assert.deepEqual(
    [meant('hots', ['host', 'bodyLimitBytes']), meant('por', ['port', 'ports', 'pory']), meant('por', ['port', 'ports', 'pory'], 3), meant('zzzzzz', ['host'])],
    ['; did you mean host?', '; did you mean port or pory?', '; did you mean port, pory or ports?', ''],
  )
})
