import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Series } from '../market/series.ts'
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

/** A vector of a moment before every bar of its series: on the clock of that, and with the first that is kept where older ones were there. */
export function beforeBars(declared: DeclaredSet, { settings, trimmed, first }: Series, asOf: number): FeatureVector {
  const reason = trimmed > 0 && first !== undefined ? `bars before ${formatInstant(first.openTime)} are kept no longer` : undefined
  return absent(declared, 'missing', { asOf, clock: settings.clock, ...(reason === undefined ? {} : { reason }) })
}
