import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { DecisionView } from '../../src/contracts/decision-view.ts'
import type { ModelSummary } from '../../src/contracts/models.ts'
import { demoBars, demoKey } from '../../src/market/demo-bars.ts'
import { makeOutputRule } from '../../src/prediction/output-rule.ts'
import { workingBubblewrap } from '../../src/runtimes/python/sandbox.ts'
import { pathOf } from '../support/pages.ts'
import { pythonOrSkip } from '../support/python.ts'
import type { Client } from './support/client.ts'
import { frameworkExamples, type Served, type Told, Workshop } from './support/framework-examples.ts'
import { startServer } from './support/start-server.ts'

// Frameworks take their time to be imported, and much of it on a busy machine.
const patienceMs = 1_200_000

const forms = new Map<string, Served>(frameworkExamples.flatMap(({ saves }) => Object.entries(saves)))

async function serve(t: TestContext, models: string, python: string) {
  const settings = {
    'models.dir': models,
    'models.eager': '',
    'models.memoryBudgetMb': '8192',
    'models.allowUnsafeFormats': 'true',
    'python.executable': python,
    routes: '[]',
  }
  const server = await startServer(t, settings)
  const bars = demoBars().map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume])
  const { status, body } = await server.client.post('/market/bars', { ...demoKey, calendar: 'as_received', clock: 'replay', bars })
  assert.deepEqual([status, body.accepted], [200, bars.length])
  return server
}

/** What GET /models/{name}/versions/{version} must say of a version that runs. */
async function checkVersion(client: Client, name: string, { runtime, format }: Served): Promise<void> {
  const loaded = await client.post(`/models/${name}/versions/1.0.0/load`)
  assert.equal(loaded.status, 200, JSON.stringify(loaded.body))
  const { body } = await client.get(`/models/${name}/versions/1.0.0`)
  assert.deepEqual([body.status, body.state, body.verified, body.runtime, body.manifest.artefact.format], ['active', 'ready', true, runtime, format])
  assert.ok(body.golden.rows >= 16)
  assert.equal(body.golden.reproduced, body.golden.rows)
  const wanted = runtime !== 'python' ? undefined : (await workingBubblewrap()) === undefined ? 'rlimits' : 'bubblewrap'
  assert.equal(body.protection, wanted)
}

/** Asks for signals as of closes that training never saw: the inputs must be those of the training matrix, the output what the framework said of them. */
async function checkAnswers(client: Client, { name, answers }: Told, { within }: Served): Promise<void> {
  const manifest = (await client.get(`/models/${name}`)).body.manifest
  const rule = makeOutputRule(manifest, 2)
  for (const { closeTime, row, up } of answers) {
    const asked = { symbol: demoKey.symbol, model: name, timestamp: new Date(closeTime).toISOString() }
    const { status, body } = await client.post('/predict', asked)
    assert.equal(status, 200, JSON.stringify(body))
    const decision: DecisionView = (await client.get(`/decisions/${body.id}`)).body
    assert.deepEqual(
      decision.inputs.map(({ value }) => value),
      row,
    )
    const served = decision.output.at(-1) ?? Number.NaN
    const difference = Math.min(...up.map((own) => Math.abs(served - own)))
    assert.ok(difference <= within, `${name} as of ${asked.timestamp}: served ${served}, the framework says ${up.join(', ')}`)
    assert.deepEqual(body.prediction, rule(Float64Array.from(decision.output), false))
  }
}

test('a model of every framework is trained, saved, dropped in, and served with the answers of its framework', { timeout: patienceMs }, async (t) => {
  const workshop = new Workshop(t)
  const told: Told[] = []
  let python: string | undefined
  for (const { script, modules, saves } of frameworkExamples)
    await t.test(`${script} trains and saves`, async (step) => {
      const found = pythonOrSkip(step, modules)
      if (found === undefined) return
      python = found
      const saved = await workshop.train(found, script)
      assert.deepEqual(saved.map(({ name }) => name).toSorted(), Object.keys(saves).toSorted())
      told.push(...saved)
    })
  if (python === undefined) return t.skip('no framework is there')
  const { client, url, presage } = await serve(t, workshop.models, python)
  for (const model of told) {
    const form = forms.get(model.name)
    await t.test(`${model.name} runs as ${form?.format} and answers as its framework does, within ${form?.within}`, async () => {
      assert.ok(form)
      await checkVersion(client, model.name, form)
      await checkAnswers(client, model, form)
    })
  }

  await t.test('they are all listed, active and verified', async () => {
    const { body } = await client.get('/models')
    const seen = body.models.map(({ name, runtime, status, verified, loaded }: ModelSummary) => [name, { runtime, status, verified, loaded }])
    const wanted = told.map(({ name }) => [name, { runtime: forms.get(name)?.runtime, status: 'active', verified: true, loaded: true }])
    assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(wanted))
  })

  await t.test('presage models list --url prints status, runtime, format and proof of each', async (step) => {
    const words = ['models', 'list', '--url', url, '--key-file', presage.keyFile]
    const { stdout } = await promisify(execFile)(process.execPath, [pathOf('bin/presage.js'), ...words])
    step.diagnostic(stdout)
    for (const { name } of told) {
      const { runtime, format } = forms.get(name)!
      assert.match(stdout, new RegExp(`^${name} +1\\.0\\.0 +active +${runtime} +${format} +(\\d+)/\\1 within .* MB$`, 'm'))
    }
  })
})
