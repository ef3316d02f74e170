import type { KeyRing } from '../access/key-ring.ts'
import type { Call } from '../contracts/call.ts'
import type { DecisionLog } from '../contracts/decision.ts'
import type { FeatureReads } from '../contracts/features.ts'
import type { FeedReads } from '../contracts/feeds.ts'
import type { FlowWrites } from '../contracts/flow-requests.ts'
import type { FeatureCatalogue, MarketReads, MarketWrites } from '../contracts/market.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest, PredictResponse } from '../contracts/predict.ts'
import type { ModelAdmin } from '../contracts/models.ts'
import type { ModelAccess } from '../contracts/served-model.ts'
import type { Health } from '../monitoring/health.ts'
import type { PrometheusMeter } from '../monitoring/prometheus-meter.ts'
import type { Readiness } from '../monitoring/readiness.ts'

/** Settings of the HTTP side. Times in ms. */
export type GatewayConfig = {
  readonly host: string
  readonly port: number
  /** Time for one request, from its headers to its answer, unless it asks for another one. */
  readonly deadlineMs: number
  readonly maxDeadlineMs: number
  /** Time for a client to send its whole request. */
  readonly requestTimeoutMs: number
  readonly bodyLimitBytes: number
  /** Requests whose work goes on at the same time. */
  readonly maxInFlight: number
  /** How long everything is still answered once the process is to end. */
  readonly lameDuckMs: number
  readonly drainTimeoutMs: number
}

/** Answers of the prediction service; at once where nothing has to be waited for. */
export interface Predictions {
  predict(request: PredictRequest, call: Call): PredictResponse | Promise<PredictResponse>
  predictBatch(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse>
}

/** Where the gateway tells operators of faults; pino fits. */
export interface GatewayLog {
  info(about: object, message: string): void
  warn(about: object, message: string): void
  error(about: object, message: string): void
}

/** Everything that the routes and the server stand on. */
export type GatewayDeps = {
  readonly config: GatewayConfig
  readonly version: string
  readonly clock: Clock
  readonly ids: Ids
  readonly meter: Meter
  readonly log: GatewayLog
  readonly keys: Pick<KeyRing, 'verify'>
  readonly predictions: Predictions
  readonly decisions: Pick<DecisionLog, 'get'>
  readonly market: MarketWrites & MarketReads
  readonly flow: FlowWrites
  readonly feeds: FeedReads
  readonly features: Pick<FeatureReads, 'vector' | 'fetch'> & FeatureCatalogue
  readonly models: Pick<ModelAccess, 'acquire'> & ModelAdmin
  readonly health: Pick<Health, 'report' | 'publicReport'>
  readonly readiness: Pick<Readiness, 'started' | 'ready' | 'reason' | 'phase'>
  readonly metrics: Pick<PrometheusMeter, 'metricsText' | 'contentType'>
}

/** What handlers get: the deps, and the description of the API. */
export type RouteDeps = GatewayDeps & { readonly document: object }
