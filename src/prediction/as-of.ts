import { ServingError } from '../contracts/error.ts'
import { parseInstant } from '../contracts/instant.ts'

/** How far a client's clock may run ahead of ours. */
const aheadMs = 2_000

/**
 * The moment (ms) that a request is for; undefined without a timestamp: then the clock of the series decides. `now` is wall time. Throws `invalid_timestamp`, and
 * `timestamp_in_future` from 2 s ahead of wall time.
 */
export function asOfMoment(timestamp: string | undefined, now: number): number | undefined {
  if (timestamp === undefined) return undefined
  const moment = parseInstant(timestamp)
  const place = (rule: string) => ({ places: [{ pointer: '/timestamp', rule, got: timestamp }] })
  if (moment === undefined)
    throw new ServingError('invalid_timestamp', `${JSON.stringify(timestamp)} is no instant with a zone; write it like 2024-01-15T10:30:00Z`, place('rfc3339'))
  if (moment > now + aheadMs)
    throw new ServingError(
      'timestamp_in_future',
      `${timestamp} is ${Math.ceil((moment - now) / 1000)} s ahead of the server's clock; at most 2 s are allowed`,
      place('not_in_future'),
    )
  return moment
}
