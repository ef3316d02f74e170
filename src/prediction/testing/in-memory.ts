import type { Call } from '../../contracts/call.ts'
import type { Decision } from '../../contracts/decision.ts'
import { type ErrorCode, ServingError } from '../../contracts/error.ts'
import type { FeatureSet, FeatureVector } from '../../contracts/features.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Manifest } from '../../contracts/manifest.ts'
import { noMeter } from '../../contracts/meter.ts'
import type { KnownVersion, Lease, ModelAccess, ServedModel } from '../../contracts/served-model.ts'
import { symbolGlob } from '../../contracts/symbol.ts'
import { type PredictionDeps, PredictionService } from '../prediction-service.ts'

/** Wall time of every test. */
export const wallNow = Date.UTC(2024, 0, 15, 10, 30, 1)
/** The close of the newest bar of the in-memory store. */
export const lastClose = Date.UTC(2024, 0, 15, 10, 30)

const ids = ['close@1m', 'volume@1m', 'rsi(14)@1m', 'roc(5)@1m']

/** A set of four features: price, volume, rsi and roc. */
export function makeSet(spec: Partial<FeatureSet['spec']> = {}): FeatureSet {
  const plain = { price: 0, volume: 1, rsi: 2 }
  return {
    digest: 'set-digest',
    ids,
    spec: { timeframe: '1m', features: ids, window: 1, maxAgeMs: 120_000, symbols: ['*'], ...spec },
    columnOf: new Map([...ids.map((id, column) => [id, column] as const), ...Object.entries(plain)]),
    ranges: [
      { min: Number.MIN_VALUE, max: Infinity },
      { min: 0, max: Infinity },
      { min: 0, max: 100 },
      { min: -Infinity, max: Infinity },
    ],
  }
}

/** A whole reading of the values 100, 10, 50, 0.5 in every row, with what differs. */
export function makeReading(overrides: Partial<FeatureVector> = {}, window = 1): FeatureVector {
  const values = Float64Array.from({ length: window * 4 }, (_, i) => [100, 10, 50, 0.5][i % 4] as number)
  const asOf = overrides.asOf ?? lastClose
  return { values, statuses: ['ok', 'ok', 'ok', 'ok'], complete: true, asOf, clock: 'replay', barCloseTime: lastClose, origin: 0, ...overrides }
}

/** A reading without any value. */
export const makeEmptyReading = (status: 'missing' | 'stale' | 'warming', overrides: Partial<FeatureVector> = {}): FeatureVector =>
  makeReading({ values: new Float64Array(4).fill(NaN), statuses: [status, status, status, status], complete: false, ...overrides })

/** The manifest of a binary model that acts from 0.6 up. */
export function makeManifest(overrides: Partial<Manifest> = {}): Manifest {
  return {
    schema: 1,
    name: 'momentum',
    version: '1.2.3',
    runtime: 'trees',
    artefact: { path: 'model.txt', format: 'lightgbm' },
    training_date: '2024-01-10T00:00:00Z',
    metrics: { accuracy: 0.72 },
    symbols: ['BTC/USDT', 'ETH/*'],
    inputs: { timeframe: '1m', features: ids, optional: ['rsi', 'roc(5)@1m'], max_age: '120s' },
    output: {
      kind: 'binary',
      classes: ['down', 'up'],
      reliability: { full: { probability: [0.5, 1], success: [0.4, 0.9] }, partial: { probability: [0.5, 1], success: [0.3, 0.5] } },
    },
    signal: { buy: { class: 'up', at_least: 0.6 }, sell: { class: 'down', at_least: 0.6 } },
    label: { kind: 'direction', horizon: '15m', cost_bps: 8 },
    files: {},
    ...overrides,
  }
}

/** A model that computes on the event loop: the probability of `up` is the price / 200, or what `compute` says. */
export function makeRuntime(overrides: Partial<LoadedModel> = {}, compute = (row: Float64Array): number => (row[0] as number) / 200): LoadedModel {
  return {
    inputs: 4,
    outputs: 1,
    memoryBytes: 1_000,
    engine: 'in-memory',
    predictSync: (row, out) => {
      out[0] = compute(row)
    },
    predict: (rows, count) => Promise.resolve(Float64Array.from({ length: count }, (_, i) => compute(rows.subarray(i * 4, i * 4 + 4)))),
    dispose: () => Promise.resolve(),
    ...overrides,
  }
}

/** The same model in another process: no synchronous way. */
export function makeDistantRuntime(compute?: (row: Float64Array) => number): LoadedModel {
  const runtime = makeRuntime({}, compute)
  delete runtime.predictSync
  return runtime
}

/** A model in another process that refuses a call with any row whose price is not below `limit`; `calls` are the rows of each. */
export function makeRefusingRuntime(limit: number, code: ErrorCode = 'model_output_invalid'): { readonly runtime: LoadedModel; readonly calls: number[] } {
  const calls: number[] = []
  const distant = makeDistantRuntime()
  const predict: LoadedModel['predict'] = async (rows, count, deadline) => {
    calls.push(count)
    if (rows.some((value, at) => at % 4 === 0 && value >= limit)) throw new ServingError(code, 'no answer for such a row')
    return distant.predict(rows, count, deadline)
  }
  return { runtime: { ...distant, predict }, calls }
}

/** A served model of these parts. */
export function makeModel(parts: { readonly manifest?: Partial<Manifest>; readonly runtime?: LoadedModel; readonly set?: FeatureSet } = {}): ServedModel {
  const manifest = makeManifest(parts.manifest)
  return {
    ref: { name: manifest.name, version: manifest.version, digest: 'bundle-digest' },
    manifest,
    features: parts.set ?? makeSet(),
    runtime: parts.runtime ?? makeRuntime(),
  }
}

const labelOf = (selector: string): string | undefined => (/^v?\d/.test(selector) ? undefined : selector)

/** Models in memory. `slow` ones answer with a promise, as a model does that is not loaded; those of `failing` cannot be had. Counts its leases. */
export class MemoryModels implements ModelAccess {
  readonly held = { acquired: 0, released: 0 }
  readonly #models: readonly ServedModel[]
  readonly #slow: boolean
  readonly #failing: Readonly<Record<string, ServingError>>
  constructor(
    models: readonly ServedModel[],
    { slow = false, failing = {} }: { readonly slow?: boolean; readonly failing?: Readonly<Record<string, ServingError>> } = {},
  ) {
    this.#models = models
    this.#slow = slow
    this.#failing = failing
  }
  acquire(name: string, selector: string): Lease | Promise<Lease> {
    const model = this.#model(name)
    const fault = this.#failing[name]
    if (fault) throw fault
    this.held.acquired += 1
    let open = true
    const release = (): void => {
      if (open) this.held.released += 1
      open = false
    }
    const lease: Lease = { model, label: labelOf(selector), release, [Symbol.dispose]: release }
    return this.#slow ? Promise.resolve(lease) : lease
  }
  known(name: string, selector: string): KnownVersion | undefined {
    const model = this.#models.find(({ ref }) => ref.name === name)
    return model && { ...model, label: labelOf(selector) }
  }
  admits(name: string, symbol: string): boolean {
    return this.#model(name).manifest.symbols.some((glob) => symbolGlob(glob)(symbol))
  }
  namesFor(symbol: string): readonly string[] {
    return this.#models.map(({ ref }) => ref.name).filter((name) => this.admits(name, symbol))
  }
  #model(name: string): ServedModel {
    const model = this.#models.find(({ ref }) => ref.name === name)
    if (!model) throw new ServingError('model_not_found', `No model ${name}`)
    return model
  }
}

/** A call that has all the time in the world. */
export const makeCall = (deadline: Partial<Call['deadline']> = {}): Call => ({
  keyId: 'key-1',
  requestId: 'request-1',
  deadline: { at: Infinity, signal: new AbortController().signal, ...deadline },
})

type Overrides = Partial<Omit<PredictionDeps, 'features'>> & { readonly features?: Partial<PredictionDeps['features']> }

/** A service over ports in memory, and what it recorded. */
export function makeService({ features, ...overrides }: Overrides = {}): { service: PredictionService; decisions: Decision[] } {
  const decisions: Decision[] = []
  let nextId = 0
  const service = new PredictionService({
    models: new MemoryModels([makeModel()]),
    features: {
      now: features?.now?.bind(features) ?? (() => ({ asOf: lastClose, clock: 'replay' })),
      vector: features?.vector?.bind(features) ?? ((_set, _symbol, asOf) => makeReading(asOf === undefined ? {} : { asOf })),
      fetch: (symbol) => features?.fetch?.(symbol),
    },
    routes: { routes: [], defaultModel: 'momentum' },
    decisions: { append: (decision) => void decisions.push(decision) },
    meter: noMeter,
    clock: { now: () => wallNow, monotonic: () => 0 },
    ids: () => `id-${(nextId += 1)}`,
    ...overrides,
  })
  return { service, decisions }
}

/** The answer itself; fails if it is a promise. */
export function atOnce<T extends object>(answer: T | Promise<T>): T {
  if (answer instanceof Promise) throw new Error('the answer is a promise')
  return answer
}

/** True for a `ServingError` of a code whose message matches. */
export const refusal =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof ServingError && error.code === code && message.test(error.message)
