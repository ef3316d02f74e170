import type { KeyRing } from '../access/key-ring.ts'
import type { Call } from '../contracts/call.ts'
import type { DecisionLog } from '../contracts/decision.ts'
import type { FeatureReads } from '../contracts/features.ts'
import type { HealthCheck, HealthStatus } from '../contracts/health.ts'
import type { FeatureCatalogue, MarketReads, MarketWrites } from '../contracts/market.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest, PredictResponse } from '../contracts/predict.ts'
import type { ModelAccess } from '../contracts/served-model.ts'

/** Settings of the HTTP side. */
export type GatewayConfig = {
  readonly host: string
  readonly port: number
  /** Time for one request, from its headers to its answer. */
  readonly deadlineMs: number
  /** Largest body of one prediction, and of a batch or many bars. */
  readonly maxBodyBytes: number
  readonly maxBatchBodyBytes: number
  /** Requests whose work goes on at the same time. */
  readonly maxInFlight: number
  readonly maxConnections: number
  /** Time for a client to send its headers, and its whole request. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
}

/** Answers of the prediction service; at once where nothing has to be waited for. */
export interface Predictions {
  predict(request: PredictRequest, call: Call): PredictResponse | Promise<PredictResponse>
  predictBatch(request: PredictBatchRequest, call: Call): PredictBatchResponse | Promise<PredictBatchResponse>
}

/** What the process says of itself. */
export interface ProcessHealth {
  /** The event loop turns. */
  live(): boolean
  /** Required models were ready once. */
  started(): boolean
  /** Fit for traffic; `reason` says why not. */
  ready(): { readonly ready: boolean; readonly reason?: string }
  /** Every part as it says of itself, and the sum of them. */
  report(): { readonly status: HealthStatus; readonly version: string; readonly uptimeS: number; readonly checks: Readonly<Record<string, HealthCheck>> }
}

/** Measurements as Prometheus text. */
export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
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
  readonly features: Pick<FeatureReads, 'vector'> & FeatureCatalogue
  readonly models: Pick<ModelAccess, 'acquire'>
  readonly health: ProcessHealth
  readonly metrics: MetricsText
}
