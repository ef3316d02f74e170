import type { IncomingHttpHeaders } from 'node:http'
import { ServingError } from '../../contracts/error.ts'

const wholeMs = /^[1-9]\d{0,6}$/

/** Ms that a request may take: what it asks for in Request-Timeout-Ms, at most `mostMs`, else the usual. Throws `validation_failed` when the header is no whole number of ms. */
export function budgetOf(headers: IncomingHttpHeaders, { usualMs, mostMs }: { readonly usualMs: number; readonly mostMs: number }): number {
  const asked = headers['request-timeout-ms']
  if (asked === undefined) return usualMs
  if (typeof asked !== 'string' || !wholeMs.test(asked))
    throw new ServingError('validation_failed', 'Request-Timeout-Ms must be a whole number of milliseconds, at least 1')
  return Math.min(Number(asked), mostMs)
}
