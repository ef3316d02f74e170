import { makeApiKey } from '../../access/api-key.ts'
import { KeyRing } from '../../access/key-ring.ts'
import { type Scope, scopes } from '../../access/scope.ts'
import { noMeter } from '../../contracts/meter.ts'
import { ServingError } from '../../contracts/error.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest, PredictResponse } from '../../contracts/predict.ts'
import { FeatureService } from '../../features/feature-service.ts'
import { FlowTapes } from '../../market/flow/flow-tapes.ts'
import { OrderFlow } from '../../market/flow/order-flow.ts'
import { SeriesStore } from '../../market/series-store.ts'
import { Health } from '../../monitoring/health.ts'
import { PrometheusMeter } from '../../monitoring/prometheus-meter.ts'
import { makeIds, systemClock } from '../../system.ts'
import type { GatewayDeps } from '../gateway-deps.ts'

const info = { name: 'momentum', version: 'v1.2.3', training_date: '2024-01-10T00:00:00Z', accuracy: 0.55 }
const parts = {
  prediction: { signal: 'HOLD' as const, confidence: 0.5, probability: 0.6 },
  as_of: '2024-01-15T10:30:00Z',
  clock: 'live' as const,
  degraded: false,
  served_by: 'primary' as const,
}

/** An answer of the shape of POST /predict. */
export const answerFor = ({ symbol }: Pick<PredictRequest, 'symbol'>): PredictResponse => ({
  id: '0192f6c1-0000-7000-8000-000000000000',
  symbol,
  ...parts,
  model_info: info,
  timestamp: '2024-01-15T10:30:01Z',
})

const batchFor = ({ requests }: PredictBatchRequest): PredictBatchResponse => ({
  predictions: requests.map(({ symbol }) => ({ id: '0192f6c1-0000-7000-8000-000000000001', symbol, ...parts })),
  model_info: info,
  timestamp: '2024-01-15T10:30:01Z',
})

const noModel = (): never => {
  throw new ServingError('model_not_found', 'There is no such model')
}

const noModels: GatewayDeps['models'] = {
  acquire: noModel,
  list: () => ({ models: [], refused: [] }),
  versions: noModel,
  model: noModel,
  version: noModel,
  load: async () => noModel(),
  unload: async () => noModel(),
  setLabel: async () => noModel(),
  unpinLabel: async () => noModel(),
  rollback: async () => noModel(),
}

/** Keys for tests: one with every scope, and one for each list asked for. */
export function makeKeys(...lists: readonly (readonly Scope[])[]): { readonly ring: KeyRing; readonly texts: readonly string[] } {
  const made = [[...scopes], ...lists].map((granted) => ({ granted, key: makeApiKey() }))
  const ring = new KeyRing(made.map(({ granted, key }) => ({ id: key.id, name: 'test', secretHash: key.secretHash, scopes: granted, createdAt: 0 })))
  return { ring, texts: made.map(({ key }) => key.text) }
}

/** Logs of a test, by level. */
export class TestLog {
  readonly lines: { readonly level: string; readonly about: object; readonly message: string }[] = []
  info(about: object, message: string): void {
    this.lines.push({ level: 'info', about, message })
  }
  warn(about: object, message: string): void {
    this.lines.push({ level: 'warn', about, message })
  }
  error(about: object, message: string): void {
    this.lines.push({ level: 'error', about, message })
  }
}

/** Everything that a gateway stands on, with a market and features that are real and models that are none. */
export function makeGatewayDeps(overrides: Partial<GatewayDeps> = {}): GatewayDeps {
  const tapes = new FlowTapes()
  const market = new SeriesStore({ clock: systemClock, meter: noMeter, tapes })
  return {
    config: {
      host: '127.0.0.1',
      port: 0,
      deadlineMs: 2_000,
      maxDeadlineMs: 5_000,
      requestTimeoutMs: 5_000,
      bodyLimitBytes: 1_048_576,
      maxInFlight: 64,
      lameDuckMs: 0,
      drainTimeoutMs: 2_000,
    },
    version: '0.0.0-test',
    clock: systemClock,
    ids: makeIds(systemClock),
    meter: noMeter,
    log: new TestLog(),
    keys: new KeyRing([]),
    predictions: { predict: answerFor, predictBatch: batchFor },
    decisions: { get: () => undefined },
    market,
    flow: new OrderFlow({ tapes, store: market, clock: systemClock, meter: noMeter }),
    feeds: { status: () => [] },
    features: new FeatureService({ series: market, clock: systemClock, meter: noMeter }),
    models: noModels,
    health: new Health({ probes: { api: () => ({ status: 'healthy', detail: 'answers' }) }, version: '0.0.0-test', clock: systemClock }),
    readiness: { started: true, ready: true, reason: undefined, phase: 'serving' },
    metrics: new PrometheusMeter(),
    ...overrides,
  }
}
