import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { DeclaredSet } from './declared-set.ts'

type Moment = Pick<FeatureVector, 'asOf' | 'clock' | 'barCloseTime'>

/** A vector without any value, for one reason. */
export function absent({ set, definitions }: DeclaredSet, status: FeatureStatus, { reason, ...moment }: Moment & { readonly reason?: string }): FeatureVector {
  return {
    values: new Float64Array(set.spec.window * definitions.length).fill(NaN),
    statuses: definitions.map(() => status),
    complete: false,
    ...(reason === undefined ? {} : { reasons: new Map(definitions.map((_, column) => [column, reason])) }),
    ...moment,
  }
}
