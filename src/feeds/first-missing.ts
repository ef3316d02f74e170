import type { Series } from '../market/series.ts'

/** How far back bars are wanted at least, and how many bars at most are asked for after a long absence. */
export type Reach = { readonly barMs: number; readonly now: number; readonly history: number; readonly most: number }

/** Open time of the first bar that a series lacks within its reach: where a feed has to begin, so that what was missed while nothing ran is filled in as well. */
export function firstMissing(series: Series | undefined, { barMs, now, history, most }: Reach): number {
  const current = Math.floor(now / barMs) * barMs
  const last = series?.last
  const wanted = current - history * barMs
  const from = Math.max(last === undefined ? wanted : Math.min(wanted, last.closeTime), current - most * barMs)
  if (series === undefined) return from
  let next = from
  for (let position = series.positionFrom(from); series.bar(position)?.openTime === next; position += 1) next += barMs
  return next
}
