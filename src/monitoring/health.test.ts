import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthStatus } from '../contracts/health.ts'
import { Health, type Probes } from './health.ts'

const probe = (status: HealthStatus) => () => ({ status, detail: `it is ${status}` })
const makeHealth = (probes: Probes, clock = { now: () => 0, monotonic: () => 0 }): Health => new Health({ probes, version: '0.1.0', clock })

const cases: { says: string; probes: Probes; status: HealthStatus }[] = [
  { says: 'all parts are', probes: { api: probe('healthy'), models: probe('healthy'), database: probe('healthy') }, status: 'healthy' },
  { says: 'a part has to use its second way', probes: { api: probe('healthy'), features: probe('degraded') }, status: 'degraded' },
  {
    says: 'a part fails without which predictions go on',
    probes: { api: probe('healthy'), models: probe('healthy'), database: probe('unhealthy') },
    status: 'degraded',
  },
  { says: 'the models are', probes: { models: probe('unhealthy'), events: probe('degraded') }, status: 'unhealthy' },
  { says: 'a degraded part does not hide it', probes: { models: probe('unhealthy'), database: probe('degraded') }, status: 'unhealthy' },
]
for (const { says, probes, status } of cases) {
  test(`health is ${status} when ${says}`, () => assert.equal(makeHealth(probes).report().status, status))
}

test('the report has the shape of the specification, with only the parts that exist', () => {
  let at = 0
  const health = makeHealth({ events: probe('healthy'), api: probe('healthy') }, { now: () => 0, monotonic: () => at })
  at = 61_500
  assert.deepEqual(health.report(), {
    status: 'healthy',
    version: '0.1.0',
    uptime_s: 61,
    checks: { api: { status: 'healthy', detail: 'it is healthy' }, events: { status: 'healthy', detail: 'it is healthy' } },
  })
  assert.deepEqual(health.publicReport().checks, { api: 'healthy', events: 'healthy' })
})

test('a probe that throws is an unhealthy part, without a word of why to the outside', () => {
  const report = makeHealth({
    database: () => {
      throw new Error('/secret/path')
    },
  }).report()
  assert.deepEqual(report.checks.database, { status: 'unhealthy', detail: 'the check itself failed' })
})

test('probes are asked at most once a second', () => {
  let at = 0
  let asked = 0
  const health = makeHealth({ api: () => ({ status: 'healthy', detail: `${(asked += 1)}` }) }, { now: () => 0, monotonic: () => at })
  for (at of [0, 500, 999, 1_000, 1_001]) health.report()
  assert.equal(asked, 2)
})
