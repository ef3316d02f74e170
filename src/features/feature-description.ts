import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { Definition } from './definition.ts'

/** One value with all that is known about it. Times in ms since the epoch; `value` is absent unless the status is `ok`. */
export type FeatureDescription = {
  readonly id: string
  readonly value?: number
  readonly status: FeatureStatus
  readonly warming?: string
  readonly reason?: string
  readonly eventTime?: number
  readonly ageMs?: number
  readonly digest: string
}

/** The newest row of a vector, column by column. */
export function describeVector(definitions: readonly Definition[], vector: FeatureVector): FeatureDescription[] {
  const { values, statuses, warming, reasons, asOf, barCloseTime } = vector
  const newestRow = values.length - definitions.length
  return definitions.map(({ id, digest }, column) => {
    const status = statuses[column] ?? 'missing'
    const value = values[newestRow + column]
    const progress = warming?.get(column)
    const reason = reasons?.get(column)
    return {
      id,
      ...(status === 'ok' && value !== undefined ? { value } : {}),
      status,
      ...(progress === undefined ? {} : { warming: progress }),
      ...(reason === undefined ? {} : { reason }),
      ...(barCloseTime === undefined ? {} : { eventTime: barCloseTime, ageMs: asOf - barCloseTime }),
      digest,
    }
  })
}
