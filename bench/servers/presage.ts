import Fastify from 'fastify'
import { PredictRequest, PredictResponse } from '../../src/contracts/predict.ts'
import { predictBody } from '../support/request.ts'
import { serveMeasured } from '../support/measured-server.ts'

/** The yardstick: what somebody writes in ten minutes. Fastify's own validation and serialisation of the same schemas, an answer of the same size, no model, no features, no key. */
const answer = {
  id: '0192f6c1-0000-7000-8000-000000000000',
  symbol: 'BTC/USDT',
  prediction: { signal: 'HOLD' as const, confidence: 0.5123456789012345, probability: 0.5123456789012345 },
  as_of: '2022-01-31T10:30:00Z',
  clock: 'replay' as const,
  degraded: false,
  served_by: 'primary',
  model_info: { name: 'momentum', version: 'v1.2.3', training_date: '2024-01-10T00:00:00Z', accuracy: 0.5123456789012345 },
  timestamp: '2024-01-15T10:30:01.123Z',
}
const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
app.post('/predict', { schema: { body: PredictRequest, response: { 200: PredictResponse } } }, async () => answer)
await app.listen({ host: '127.0.0.1', port: 0 })
serveMeasured({ port: (app.server.address() as { port: number }).port, path: '/predict', body: predictBody, headers: {} })
