import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { askFor, type SmallBundle, writeModule, writeTrees } from '../support/small-bundles.ts'
import type { Answer } from './support/client.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'
import { SteadyLoad } from './support/steady-load.ts'

const { symbol, features } = askFor('swapped')
/** More items than are answered in one turn of the event loop, or in one call of the process: labels move in between. */
const batch = { model: 'swapped', requests: Array.from({ length: 200 }, () => ({ symbol, features })) }
const kinds = {
  'a forest': writeTrees,
  'a module of 16 rows a call': (models: string, bundle: SmallBundle) => writeModule(models, { ...bundle, limits: { max_batch: 16 } }),
}

type Item = { readonly prediction?: { readonly signal: string } }

/** The version of an answer with the signals of its items; each version has a signal of its own, so more than one are a mixed batch. */
const sayings = ({ body }: Answer): string[] => [
  ...new Set(((body.predictions ?? [body]) as Item[]).map((item) => `${body.model_info.version} ${item.prediction?.signal ?? JSON.stringify(item)}`)),
]

async function moveLabels(t: TestContext, write: (models: string, bundle: SmallBundle) => string): Promise<void> {
  const models = modelsFolder(t)
  write(models, { name: 'swapped', version: '1.0.0', up: 0.3 })
  write(models, { name: 'swapped', version: '1.1.0', up: 0.7 })
  const { client } = await startServer(t, { 'models.dir': models, 'models.modulePaths': models, 'models.rescanMs': '86400000' })
  const seen = new Set<string>()
  const faultOf = (answer: Answer): string | undefined => {
    if (answer.status !== 200) return JSON.stringify(answer.body)
    const said = sayings(answer)
    seen.add(said.join(', '))
    return said.length === 1 ? undefined : `mixed: ${said.join(', ')}`
  }
  const loads = [
    new SteadyLoad(t, () => client.post('/predict', askFor('swapped')), faultOf),
    new SteadyLoad(t, () => client.post('/predict/batch', batch), faultOf),
  ]
  for (let move = 0; move < 200; move += 1) {
    const version = move % 2 === 0 ? '1.0.0' : '1.1.0'
    const { status, body } = await client.put('/models/swapped/labels/latest', { version })
    assert.deepEqual([status, body.version], [200, version], JSON.stringify(body))
    if (move % 10 !== 9) continue
    const back = await client.post('/models/swapped/rollback', { reason: 'drill' })
    assert.deepEqual([back.status, back.body.version, back.body.before], [200, '1.0.0', '1.1.0'])
  }
  for (const load of loads) {
    const { good, bad } = await load.stop()
    assert.deepEqual(bad, [])
    assert.ok(good > 200, `${good} answers`)
  }
  assert.deepEqual([...seen].toSorted(), ['v1.0.0 SELL', 'v1.1.0 BUY'])
}

for (const [name, write] of Object.entries(kinds))
  test(`200 moves of a label and 20 rollbacks under load fail no request of ${name} and mix no batch`, (t) => moveLabels(t, write))
