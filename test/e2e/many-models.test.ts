import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelService } from '../../src/models/model-service.ts'
import { pythonOrSkip } from '../support/python.ts'
import { askFor, writeOnnx, writePython, writeTrees } from '../support/small-bundles.ts'
import type { Client } from './support/client.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'

/** The same order every time for a seed (Fisher and Yates, with the generator of Numerical Recipes). */
function shuffled<T>(values: readonly T[], seed: number): T[] {
  const all = [...values]
  let state = seed
  for (let at = all.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const other = state % (at + 1)
    ;[all[at], all[other]] = [all[other] as T, all[at] as T]
  }
  return all
}

const slotsOf = (models: ModelService) => models.entries.flatMap((entry) => [...entry.slots.values()])
const memoryOf = (models: ModelService): number =>
  slotsOf(models).reduce((sum, { heldBytes, resident }) => sum + heldBytes + (resident?.runtime.memoryBytes ?? 0), 0)
const loadedOf = (models: ModelService): number => slotsOf(models).filter(({ resident }) => resident).length

/** Loads that ended well, by model. */
async function loadsByModel(client: Client): Promise<Map<string, number>> {
  const { body } = await client.get('/metrics')
  const lines = (body as string).matchAll(/model_loads_total\{[^}]*model="(\w+)"[^}]*result="loaded"[^}]*\} (\d+)/g)
  return new Map([...lines].map(([, model, count]) => [model as string, Number(count)]))
}

test('200 models share a budget for 40: each is loaded when it is asked for, once however many ask, and what is in use stays', async (t) => {
  const models = modelsFolder(t)
  const ups = new Map(Array.from({ length: 200 }, (_, at) => [`m${at}`, 0.3 + at / 500]))
  for (const [name, up] of ups) writeTrees(models, { name, up })
  const { presage, client } = await startServer(t, { 'models.dir': models, 'models.memoryBudgetMb': '8', 'models.rescanMs': '86400000' })
  assert.equal(loadedOf(presage.models), 0)
  const one = Object.groupBy([...(await loadsByModel(client))], ([, loads]) => String(loads))
  assert.equal(one['1']?.length, 200, 'each was loaded once, to be proven')

  const deadline = { at: Infinity, signal: new AbortController().signal }
  const lease = await presage.models.acquire('m7', 'latest', deadline)
  const held = presage.models.find('m7', 'latest').slot.resident
  let most = 0
  const ask = async ([name, up]: readonly [string, number]): Promise<void> => {
    const { status, body } = await client.post('/predict', askFor(name))
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.model_info.name, body.prediction.signal], [name, up >= 0.55 ? 'BUY' : up <= 0.45 ? 'SELL' : 'HOLD'])
    most = Math.max(most, memoryOf(presage.models))
  }
  const orders = [1, 2].map(async (seed) => {
    for (const model of shuffled([...ups], seed)) await Promise.all([ask(model), ask(model), ask(model)])
  })
  await Promise.all(orders)
  for (const [model, loads] of await loadsByModel(client)) assert.ok(loads <= 1 + orders.length, `${model} was loaded ${loads} times`)
  t.diagnostic(`${loadedOf(presage.models)} loaded, ${(most / 2 ** 20).toFixed(2)} MiB at most`)
  assert.ok(most <= 8 * 2 ** 20, `${most} bytes at most`)
  assert.ok(loadedOf(presage.models) >= 35 && loadedOf(presage.models) <= 60, `${loadedOf(presage.models)} fit`)
  assert.equal(presage.models.find('m7', 'latest').slot.resident, held, 'the one in use stayed')
  lease.release()
})

test('200 models of trees, ONNX and Python share a budget for some 40: admitted before they are loaded, each answers', async (t) => {
  const python = pythonOrSkip(t, ['numpy', 'msgpack'])
  if (python === undefined) return
  const models = modelsFolder(t)
  const names = Array.from({ length: 200 }, (_, at) => `${['python', 'onnx'][at % 8] ?? 'trees'}${at}`)
  for (const name of names)
    if (name.startsWith('onnx')) writeOnnx(models, { name })
    else (name.startsWith('python') ? writePython : writeTrees)(models, { name, up: 0.4 })
  const budget = 850
  const flags = {
    'models.allowUnsafeFormats': 'true',
    'python.executable': python,
    'python.sandbox': 'off',
    'models.memoryBudgetMb': String(budget),
    'models.rescanMs': '86400000',
  }
  const { presage, client } = await startServer(t, { 'models.dir': models, 'gateway.deadlineMs': '60000', 'gateway.maxDeadlineMs': '60000', ...flags })
  let [most, mostLoaded] = [0, 0]
  const clients = [0, 1].map(async (half) => {
    for (const name of shuffled(names, 3).filter((_, at) => at % 2 === half)) {
      const { status, body } = await client.post('/predict', askFor(name))
      assert.equal(status, 200, JSON.stringify(body))
      ;[most, mostLoaded] = [Math.max(most, memoryOf(presage.models)), Math.max(mostLoaded, loadedOf(presage.models))]
    }
  })
  await Promise.all(clients)
  const kinds = Object.groupBy(
    slotsOf(presage.models).filter(({ resident }) => resident),
    ({ file }) => file.manifest.runtime,
  )
  t.diagnostic(
    `${Object.entries(kinds)
      .map(([kind, slots]) => `${slots?.length} ${kind}`)
      .join(', ')} loaded at the end, ${mostLoaded} and ${(most / 2 ** 20).toFixed(0)} MiB at most`,
  )
  assert.ok(most <= budget * 2 ** 20, `${most} bytes at most`)
})
