import type { Decision } from '../contracts/decision.ts'
import type { DecisionView } from '../contracts/decision-view.ts'
import { formatInstant } from '../contracts/instant.ts'

const momentOf = (ms: number | undefined): string | null => (ms === undefined ? null : formatInstant(ms))
const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

/** A decision as GET /decisions/{id} shows it: inputs by feature id as the model saw them, null where they were missing. */
export function renderDecision(decision: Decision): DecisionView {
  return {
    id: decision.id,
    request_id: decision.requestId,
    key_id: decision.keyId,
    at: formatInstant(decision.at),
    request: decision.request,
    model: { ...decision.model },
    label: decision.label ?? null,
    as_of: formatInstant(decision.asOf),
    clock: decision.clock,
    bar_close_time: momentOf(decision.barCloseTime),
    origin: momentOf(decision.origin),
    feature_set_digest: decision.featureSetDigest,
    inputs: inputsOf(decision),
    output: [...decision.output],
    prediction: decision.prediction,
    degraded: decision.degraded,
    reason: decision.reason ?? null,
    served_by: decision.servedBy,
    fallback: decision.fallback ?? null,
    guards: [...decision.guards],
    timings_us: { ...decision.timings },
    variant: decision.variant ?? null,
    experiment: decision.experiment ?? null,
  }
}

function inputsOf({ featureIds, vector, statuses, supplied, fallback }: Decision): DecisionView['inputs'] {
  const width = featureIds.length
  const newest = vector.length - width
  const declared = fallback?.values ?? []
  return featureIds.map((id, column) => {
    const value = numberOrNull(vector[newest + column] as number)
    const byCaller = supplied.includes(column)
    const status = byCaller ? (value === null ? 'missing' : 'ok') : (statuses[column] ?? 'missing')
    const input = { id, value, status, source: byCaller ? ('caller' as const) : declared.includes(id) ? ('fallback' as const) : ('store' as const) }
    return newest === 0 ? input : { ...input, window: columnOf(vector, column, width) }
  })
}

function columnOf(vector: Float64Array, column: number, width: number): (number | null)[] {
  const rows: (number | null)[] = []
  for (let at = column; at < vector.length; at += width) rows.push(numberOrNull(vector[at] as number))
  return rows
}
