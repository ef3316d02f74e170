import { ServingError } from './error.ts'

/** How far a client's clock may run ahead of ours. */
const aheadMs = 2_000

/** A moment as a request names it, and where. */
type Named = { readonly text: string; readonly pointer: string; readonly now: number }

/** The moment again. Throws `timestamp_in_future` from 2 s ahead of `now`, which is wall time. */
export function notInFuture(moment: number, { text, pointer, now }: Named): number {
  if (moment <= now + aheadMs) return moment
  const message = `${text} is ${Math.ceil((moment - now) / 1000)} s ahead of the server's clock; at most 2 s are allowed`
  throw new ServingError('timestamp_in_future', message, { places: [{ pointer, rule: 'not_in_future', got: text }] })
}
