import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Readiness } from './readiness.ts'

test('the process is ready once the models are loaded and it listens, and says what it waits for', () => {
  const readiness = new Readiness()
  assert.deepEqual([readiness.phase, readiness.ready, readiness.started, readiness.reason], ['starting', false, false, 'waiting for models and listening'])
  readiness.reached('listening')
  assert.deepEqual([readiness.ready, readiness.reason], [false, 'waiting for models'])
  readiness.reached('models')
  assert.deepEqual([readiness.phase, readiness.ready, readiness.started, readiness.reason], ['serving', true, true, undefined])
})

test('draining ends readiness for ever, and the start stays over', () => {
  const readiness = new Readiness()
  for (const step of ['models', 'listening'] as const) readiness.reached(step)
  readiness.drain()
  readiness.reached('models')
  assert.deepEqual([readiness.phase, readiness.ready, readiness.started, readiness.reason], ['draining', false, true, 'draining'])
})
