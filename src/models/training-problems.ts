import { parseInstant } from '../contracts/instant.ts'
import type { Manifest } from '../contracts/manifest.ts'

const momentProblems = (at: string, text: string): string[] =>
  parseInstant(text) === undefined ? [`${at} must be a moment with its zone, such as 2024-01-10T00:00:00Z, not ${text}`] : []

/** What the schema cannot say of when a model was trained and measured: moments that are none, and ends of a span that are exchanged. */
export function trainingProblems({ training_date: trained, metrics: { window, interval } }: Manifest): string[] {
  const problems = [...momentProblems('/training_date', trained), ...(window ?? []).flatMap((text, i) => momentProblems(`/metrics/window/${i}`, text))]
  if (window !== undefined && (parseInstant(window[0]) ?? 0) > (parseInstant(window[1]) ?? Infinity)) problems.push('/metrics/window ends before it begins')
  if (interval !== undefined && !(interval[0] >= 0 && interval[0] <= interval[1] && interval[1] <= 1))
    problems.push(`/metrics/interval must be two shares between 0 and 1, the lower one first, not ${interval.join(' and ')}`)
  return problems
}
