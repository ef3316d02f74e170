import { ServingError } from '../contracts/error.ts'
import { parseInstant } from '../contracts/instant.ts'
import { notInFuture } from '../contracts/not-in-future.ts'

/**
 * The moment (ms) that a request is for; undefined without a timestamp: then the clock of the series decides. `now` is wall time. Throws `invalid_timestamp`, and
 * `timestamp_in_future` from 2 s ahead of wall time.
 */
export function asOfMoment(timestamp: string | undefined, now: number): number | undefined {
  if (timestamp === undefined) return undefined
  const moment = parseInstant(timestamp)
  const pointer = '/timestamp'
  if (moment === undefined) {
    const message = `${JSON.stringify(timestamp)} is no instant with a zone; write it like 2024-01-15T10:30:00Z`
    throw new ServingError('invalid_timestamp', message, { places: [{ pointer, rule: 'rfc3339', got: timestamp }] })
  }
  return notInFuture(moment, { text: timestamp, pointer, now })
}
