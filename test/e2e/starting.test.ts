import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/free-ports.ts'
import { askFor } from '../support/small-bundles.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'

/** A module that is loaded once there is a file. */
const waiting = (gate: string): string => `
  import { existsSync } from 'node:fs'
  import { setTimeout as pause } from 'node:timers/promises'
  export async function load() {
    while (!existsSync(${JSON.stringify(gate)})) await pause(10)
    return { predict: (rows, count) => new Float64Array(2 * count).fill(0.5) }
  }`

test('a server whose models take long to load is heard, says what it waits for, and answers once they are there', async (t) => {
  const models = modelsFolder(t)
  const gate = join(models, 'gate')
  writeBundle(models, {
    files: { 'code/index.mjs': waiting(gate) },
    manifest: { name: 'slow', runtime: 'module', artefact: { path: 'code', format: 'esm' } },
    answer: () => [0.5, 0.5],
  })
  const [port] = await freePorts(1)
  const settings = { 'gateway.port': String(port), 'models.dir': models, 'models.modulePaths': models, 'models.eager': 'slow', defaultModel: 'slow' }
  const starting = startServer(t, settings)
  const probe = async (path: string): Promise<readonly unknown[]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, ((await response.json()) as { reason?: string }).reason]
  }
  await eventually('it is heard', () =>
    probe('/livez').then(
      ([status]) => status === 200,
      () => false,
    ),
  )
  assert.deepEqual(await probe('/startupz'), [503, 'waiting for models'])
  const early = await fetch(`http://127.0.0.1:${port}/predict`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  assert.deepEqual([early.status, ((await early.json()) as { code: string }).code], [503, 'starting'])

  writeFileSync(gate, '')
  const { client } = await starting
  assert.deepEqual(await probe('/readyz'), [200, undefined])
  assert.equal((await client.post('/predict', askFor('slow'))).status, 200)
})
