import Type from 'typebox'
import { healthParts } from '../../monitoring/health.ts'
import { defineRoute, type Route } from '../route.ts'
import { TextAnswer } from '../write-answer.ts'

const Status = Type.Enum(['healthy', 'degraded', 'unhealthy'])
const Check = Type.Union([Status, Type.Object({ status: Status, detail: Type.String() })], { description: 'With a key of scope ops:read also the detail' })
const HealthAnswer = Type.Object({
  status: Status,
  version: Type.String(),
  uptime_s: Type.Integer(),
  checks: Type.Object(Object.fromEntries(healthParts.map((part) => [part, Type.Optional(Check)]))),
})
const ProbeAnswer = Type.Object({ status: Type.Enum(['ok', 'unavailable']), reason: Type.Optional(Type.String()) })
const tag = 'Operations'

const probe = (good: boolean, reason?: string): TextAnswer => {
  const body = good ? { status: 'ok' } : { status: 'unavailable', reason }
  return new TextAnswer(JSON.stringify(body), { status: good ? 200 : 503, type: 'application/json' })
}

const live = defineRoute({ method: 'GET', path: '/livez', tag, summary: 'The process turns', answer: ProbeAnswer, codes: [], handle: () => probe(true) })

const ready = defineRoute({
  method: 'GET',
  path: '/readyz',
  tag,
  summary: 'Fit for traffic: 200, else 503 with the reason',
  answer: ProbeAnswer,
  codes: [],
  handle: (_asked, { readiness }) => probe(readiness.ready, readiness.reason),
})

const started = defineRoute({
  method: 'GET',
  path: '/startupz',
  tag,
  summary: 'The start is over: 200, else 503 with the reason',
  answer: ProbeAnswer,
  codes: [],
  handle: (_asked, { readiness }) => probe(readiness.started, readiness.reason),
})

const health = defineRoute({
  method: 'GET',
  path: '/health',
  detailScope: 'ops:read',
  tag,
  summary: 'Every part as it says of itself; 503 only when unhealthy',
  answer: HealthAnswer,
  codes: [],
  handle({ detailed }, deps) {
    const report = detailed ? deps.health.report() : deps.health.publicReport()
    return new TextAnswer(JSON.stringify(report), { status: report.status === 'unhealthy' ? 503 : 200, type: 'application/json' })
  },
})

const metrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  scope: 'ops:read',
  tag,
  summary: 'Measurements in the text format of Prometheus',
  answer: { mediaType: 'text/plain' },
  codes: [],
  handle: async (_asked, deps) => new TextAnswer(await deps.metrics.metricsText(), { type: deps.metrics.contentType }),
})

const openapi = defineRoute({
  method: 'GET',
  path: '/openapi.json',
  tag: 'Meta',
  summary: 'This description (OpenAPI 3.1)',
  answer: { mediaType: 'application/json' },
  codes: [],
  handle: (_asked, { document }) => document,
})

/** Probes, health, metrics and the description of the API. */
export const healthRoutes: readonly Route[] = [live, ready, started, health, metrics, openapi]
