import type { Decision } from '../../contracts/decision.ts'

/** A decision with two inputs, of which the caller gave the first, and what differs. */
export function makeDecision(overrides: Partial<Decision> = {}): Decision {
  return {
    id: '0192f6c1-0000-7000-8000-000000000000',
    requestId: 'request-1',
    keyId: 'key-1',
    at: Date.UTC(2024, 0, 15, 10, 30, 1),
    request: { symbol: 'BTC/USDT', features: { price: 45_000 } },
    model: { name: 'momentum', version: '1.2.3', digest: 'bundle-digest' },
    label: 'latest',
    asOf: Date.UTC(2024, 0, 15, 10, 30),
    clock: 'replay',
    barCloseTime: Date.UTC(2024, 0, 15, 10, 30),
    origin: undefined,
    featureSetDigest: 'set-digest',
    featureIds: ['close@1m', 'rsi(14)@1m'],
    vector: Float64Array.of(45_000, NaN),
    statuses: ['ok', 'warming'],
    supplied: [0],
    output: Float64Array.of(0.78),
    prediction: { signal: 'BUY', confidence: 0.85, probability: 0.78 },
    degraded: true,
    reason: 'optional_inputs_missing',
    servedBy: 'primary',
    guards: [{ guard: 'optional_inputs', verdict: 'warn', value: 1, limit: 0, detail: 'Optional inputs without a value' }],
    timings: { resolve: 1.5, features: 2, inference: 3 },
    variant: undefined,
    experiment: undefined,
    ...overrides,
  }
}
