import { KeyRing } from '../src/access/key-ring.ts'
import { makeApiKey } from '../src/access/api-key.ts'
import { scopes } from '../src/access/scope.ts'
import type { Decision } from '../src/contracts/decision.ts'
import { PredictRequest, type PredictResponse } from '../src/contracts/predict.ts'
import { DecisionRing } from '../src/events/decision-ring.ts'
import { compileCheck } from '../src/gateway/check-value.ts'
import { authenticate } from '../src/gateway/guards/authenticate.ts'
import { budgetOf } from '../src/gateway/guards/budget.ts'
import { parseStrict } from '../src/gateway/parse-strict.ts'
import { PrometheusMeter } from '../src/monitoring/prometheus-meter.ts'
import { PredictionService } from '../src/prediction/prediction-service.ts'
import { makeIds, systemClock } from '../src/system.ts'
import { realSystem } from './support/real-system.ts'
import { median, printTable } from './support/report.ts'
import { predictBody } from './support/request.ts'

type Step = { readonly name: string; readonly budgetUs: number | undefined; readonly run: () => unknown }

const callsPerRound = 4_000
const rounds = 15

/** µs per call of every step: interleaved rounds, medians; the first rounds only warm up. */
function measure(steps: readonly Step[]): Map<string, number> {
  const seen = new Map(steps.map(({ name }) => [name, [] as number[]]))
  for (let round = -3; round < rounds; round += 1)
    for (const { name, run } of steps) {
      const before = performance.now()
      for (let i = 0; i < callsPerRound; i += 1) run()
      const us = ((performance.now() - before) * 1_000) / callsPerRound
      if (round >= 0) seen.get(name)?.push(us)
    }
  return new Map([...seen].map(([name, figures]) => [name, median(figures)]))
}

const presage = await realSystem()
await presage.start()
const bytes = Buffer.from(predictBody)
const check = compileCheck(PredictRequest)
const request = check.check(parseStrict(bytes))
const key = makeApiKey()
const keys = new KeyRing([{ id: key.id, name: 'bench', secretHash: key.secretHash, scopes: [...scopes], createdAt: 0 }])
const headers = { 'x-api-key': key.text }
const lease = await presage.models.acquire('momentum', 'latest', { at: Infinity, signal: new AbortController().signal })
const { features, runtime } = lease.model
const row = presage.features.vector(features, 'BTC/USDT', undefined).values
const out = new Float64Array(runtime.outputs)
const ids = makeIds(systemClock)
const ring = new DecisionRing({ decisions: 100_000, bytes: 250_000_000 })
const meter = new PrometheusMeter()
const counter = meter.counter('market_gaps_total')
const histogram = meter.histogram('prediction_batch_seconds')
const call = { keyId: 'bench', requestId: 'bench', deadline: { at: Infinity, signal: new AbortController().signal } }
const predict = (): PredictResponse => presage.predictions.predict(request, call) as PredictResponse
const answer = predict()
// What a prediction hands over: all but a few parts of it are the same objects each time.
let decision: Decision | undefined
const decisions = { append: (made: Decision) => void (decision = made) }
const service = new PredictionService({ ...presage, decisions, routes: { routes: [], defaultModel: 'momentum' }, meter, clock: systemClock, ids })
await service.predict(request, call)

const steps: readonly Step[] = [
  { name: 'parse and strict checks', budgetUs: 10, run: () => check.check(parseStrict(bytes)) },
  { name: 'key, scope, time budget', budgetUs: 6, run: () => authenticate(headers, 'predict', keys).id + budgetOf(headers, { usualMs: 1_000, mostMs: 1_000 }) },
  { name: 'feature vector from memory', budgetUs: 2, run: () => presage.features.vector(features, 'BTC/USDT', undefined) },
  { name: 'tree inference', budgetUs: 3, run: () => runtime.predictSync?.(row, out) },
  { name: 'answer as text', budgetUs: 4, run: () => JSON.stringify(answer) },
  { name: 'decision kept', budgetUs: 5, run: () => ring.append({ ...(decision as Decision), id: ids() }) },
  { name: 'metrics', budgetUs: 2, run: () => (counter.add(), counter.add(), histogram.observe(0.00002), histogram.observe(0.00002)) },
  { name: 'the whole prediction path, without HTTP', budgetUs: undefined, run: predict },
]
const seen = measure(steps)
printTable(
  [`step, median of ${rounds} rounds`, 'budget µs', 'seen µs'],
  steps.map(({ name, budgetUs }) => [name, budgetUs === undefined ? '' : String(budgetUs), (seen.get(name) ?? NaN).toFixed(2)]),
)
lease.release()
await presage.stop()
