import { formatInstant } from '../contracts/instant.ts'
import type { Explanation, Guard, IncludePart, PredictResponse } from '../contracts/predict.ts'
import type { Decision } from '../contracts/decision.ts'
import type { Inputs, InputRules } from './inputs.ts'

/** An answer without what a batch says once for all of its items. */
export type Answer = Omit<PredictResponse, 'model_info' | 'timestamp'>
type FeatureValue = NonNullable<Answer['features']>[number]

const allPresent: Guard = Object.freeze({ guard: 'optional_inputs', verdict: 'pass', value: 0, limit: 0, detail: 'Optional inputs without a value' })
const declaredDetail = 'Required inputs with the value that the manifest declares for them'
const ageDetail = 'Seconds from the close of the newest bar to the moment asked for'

/** What was checked of the inputs (semantics 23): age of the newest bar against the model's limit, how many optional inputs are missing, and how many values are declared ones. */
export function guardsOf({ set, width }: InputRules, { reading, supplied, missing, declared }: Inputs): Guard[] {
  const { asOf, barCloseTime, statuses } = reading
  const presence: Guard[] = [missing.length === 0 ? allPresent : { ...allPresent, verdict: 'warn', value: missing.length }]
  if (declared.length > 0) presence.push({ guard: 'declared_values', verdict: 'warn', value: declared.length, limit: 0, detail: declaredDetail })
  if (barCloseTime === undefined || supplied.length === width) return presence
  const limit = set.spec.maxAgeMs === undefined ? null : set.spec.maxAgeMs / 1000
  const verdict = statuses.includes('stale') ? 'warn' : 'pass'
  return [{ guard: 'input_age', verdict, value: (asOf - barCloseTime) / 1000, limit, detail: ageDetail }, ...presence]
}

/** The newest row by feature: the caller's values have no event time; an absent value is null. */
export function featureValues({ set, newest }: InputRules, { reading, supplied, declared }: Inputs): FeatureValue[] {
  const { values, statuses, asOf, barCloseTime } = reading
  const eventTime = barCloseTime === undefined ? null : formatInstant(barCloseTime)
  const age = barCloseTime === undefined ? null : (asOf - barCloseTime) / 1000
  return set.ids.map((id, column) => {
    const value = values[newest + column] as number
    const present = !Number.isNaN(value)
    if (supplied.includes(column))
      return { id, value: present ? value : null, status: present ? 'ok' : 'missing', source: 'caller', event_time: null, age_s: null }
    if (declared.includes(column)) return { id, value, status: statuses[column] ?? 'missing', source: 'fallback', event_time: null, age_s: null }
    return {
      id,
      value: present ? value : null,
      status: statuses[column] ?? 'missing',
      source: 'store',
      event_time: present ? eventTime : null,
      age_s: present ? age : null,
    }
  })
}

/** Extra parts that are not in the decision. */
export type ExtraParts = { readonly features: () => FeatureValue[]; readonly explanation: Explanation | undefined }

/** The answer that a decision gives, with the extra parts that the request asks for. */
export function respond(decision: Decision, asOf: string, { features, explanation }: ExtraParts): Answer {
  const { id, request, prediction, clock, degraded, reason, servedBy, fallback } = decision
  const { symbol, include } = request
  const answer: Answer = { id, symbol, prediction, as_of: asOf, clock, degraded, served_by: servedBy }
  if (reason !== undefined) answer.reason = reason
  if (fallback !== undefined) answer.fallback = fallback
  if (include === undefined) return answer
  const wants = (part: IncludePart): boolean => include.includes(part)
  if (wants('features')) answer.features = features()
  if (wants('timing')) answer.timing = decision.timings
  if (wants('guards')) answer.guards = [...decision.guards]
  if (explanation !== undefined) answer.explanation = explanation
  return answer
}
