import assert from 'node:assert/strict'
import { type ErrorCode, errorTable } from '../../../src/contracts/error.ts'

const fields = ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id', 'retryable', 'retry_after_ms', 'errors']
const leak = /node_modules|\.ts\b|\bat \w+ \(|Error:|fastify|typebox|sqlite|FST_ERR|HPE_|\/work\/|\/home\//i

/** A problem as it came over the wire. */
export type SeenProblem = {
  readonly code: ErrorCode
  readonly detail: string
  readonly request_id: string
  readonly errors?: readonly { readonly pointer: string; readonly rule: string; readonly got?: unknown }[]
}

/** Asserts that an answer is a problem of the one shape, in accord with the error table, that leaks nothing; gives its body. */
export function assertProblem(answer: {
  readonly status: number
  readonly type: string | null
  readonly requestId: string | null
  readonly text: string
}): SeenProblem {
  assert.equal(answer.type, 'application/problem+json')
  const body = JSON.parse(answer.text) as SeenProblem & Record<string, unknown>
  assert.deepEqual(
    Object.keys(body).filter((name) => !fields.includes(name)),
    [],
  )
  const row = errorTable[body.code]
  assert.deepEqual([body['type'], body['title'], body['status'], body['retryable']], [`/errors/${body.code}`, row.title, row.status, row.retryable])
  assert.equal(answer.status, row.status)
  assert.equal(body.request_id, answer.requestId)
  assert.ok(typeof body['instance'] === 'string' && body.detail.length > 0 && body.detail.length < 1_200)
  assert.doesNotMatch(body.detail, leak)
  return body
}
