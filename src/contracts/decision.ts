import type { SeriesClock } from './bar.ts'
import type { Fallback } from './fallback.ts'
import type { FeatureStatus } from './features.ts'
import type { Guard, Prediction, PredictRequest } from './predict.ts'
import type { VersionRef } from './served-model.ts'

/** One answered prediction with all that is needed to recompute it (semantics 21). Times are ms since the epoch, `timings` are µs. */
export type Decision = {
  readonly id: string
  readonly requestId: string
  readonly keyId: string
  readonly at: number
  readonly request: PredictRequest
  readonly model: VersionRef
  readonly label: string | undefined
  readonly asOf: number
  readonly clock: SeriesClock
  readonly barCloseTime: number | undefined
  readonly origin: number | undefined
  readonly featureSetDigest: string
  readonly featureIds: readonly string[]
  /** Inputs as the model saw them, window x features, NaN = missing. */
  readonly vector: Float64Array
  readonly statuses: readonly FeatureStatus[]
  /** Columns that the caller supplied. */
  readonly supplied: readonly number[]
  /** The model's output row, before calibration. */
  readonly output: Float64Array
  readonly prediction: Prediction
  readonly degraded: boolean
  readonly reason: string | undefined
  readonly servedBy: 'primary' | 'fallback'
  /** Which fallback answered, if one did. */
  readonly fallback?: Fallback
  readonly guards: readonly Guard[]
  readonly timings: Readonly<Record<string, number>>
  readonly variant: string | undefined
  readonly experiment: string | undefined
}

/** Where decisions go and are found again. `append` takes ownership and never throws; `get` answers undefined for an id that is not remembered. */
export interface DecisionLog {
  append(decision: Decision): void
  get(id: string): Decision | undefined
}
