import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorRow, errorTable, ServingError } from './error.ts'

const rows = Object.entries(errorTable) as [string, ErrorRow][]

test('every code is snake_case and has an error status and a title', () => {
  for (const [code, { status, title }] of rows) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/)
    assert.ok(status >= 400 && status <= 599, code)
    assert.match(title, /^[A-Z].*[^.]$/)
  }
})

test('no two codes share a title, and each status below 500 says that repeating is of no use, but for a timeout and what another replica answers', () => {
  assert.equal(new Set(rows.map(([, { title }]) => title)).size, rows.length)
  for (const [code, { status, retryable }] of rows) if (status < 500 && status !== 408 && status !== 421) assert.equal(retryable, false, code)
})

test('an error keeps its code, its places, and the cause that is logged', () => {
  const cause = new Error('disk')
  const error = new ServingError('store_unavailable', 'Try again.', { cause, retryAfterMs: 50, places: [{ pointer: '/a', rule: 'type', got: 1 }] })
  assert.ok(error instanceof Error)
  assert.deepEqual([error.name, error.code, error.message, error.retryAfterMs], ['ServingError', 'store_unavailable', 'Try again.', 50])
  assert.equal(error.cause, cause)
  assert.deepEqual(error.places, [{ pointer: '/a', rule: 'type', got: 1 }])
})

test('an error is retryable as its code says, unless it is final', () => {
  assert.equal(new ServingError('features_unavailable', 'x').retryable, true)
  assert.equal(new ServingError('features_unavailable', 'x', { final: true }).retryable, false)
  assert.equal(new ServingError('unknown_feature', 'x').retryable, false)
})

test('an error without a cause has no cause at all, so that logs do not show an empty one', () => {
  assert.equal('cause' in new ServingError('internal', 'x'), false)
})
