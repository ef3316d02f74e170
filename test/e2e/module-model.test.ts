import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { pathOf } from '../support/pages.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { startServer } from './support/start-server.ts'

const source = `
  import { existsSync, readFileSync } from 'node:fs'
  type Bundle = { readonly path: string; readonly features: readonly string[] }
  export function load({ path, features }: Bundle) {
    const weights: number[] = JSON.parse(readFileSync(path + '/weights.json', 'utf8'))
    if (existsSync(path + '/../../lame')) throw new Error('lame')
    const n = features.length
    return {
      predict(rows: Float64Array, count: number): Float64Array {
        const out = new Float64Array(2 * count)
        for (let i = 0; i < count; i += 1) {
          if (rows[i * n + 1] === 666) for (;;);
          if (rows[i * n + 1] === 667) process.exit(7)
          const z = weights.reduce((sum, weight, j) => sum + weight * rows[i * n + j]!, 0)
          out[2 * i + 1] = 1 / (1 + Math.exp(-z))
          out[2 * i] = 1 - out[2 * i + 1]!
        }
        return out
      },
    }
  }`
const weights = [0.00001, -0.0001, -0.01]

function up(row: readonly number[]): number {
  return 1 / (1 + Math.exp(-weights.reduce((sum, weight, j) => sum + weight * row[j]!, 0)))
}

function makeModels(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-models-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeBundle(folder, {
    files: { 'code/index.mts': source, 'code/weights.json': JSON.stringify(weights) },
    manifest: { name: 'rule', runtime: 'module', artefact: { path: 'code', format: 'esm' }, limits: { timeout: '2s' } },
    answer: (row) => [1 - up(row), up(row)],
  })
  return folder
}

const ask = (price: number, volume: number) => ({ symbol: 'BTC/USDT', model: 'rule', features: { price, volume, rsi: 60 } })

test('a module in a bundle is proven on its golden rows and served; one that hangs stalls nobody else and comes back', async (t) => {
  const models = makeModels(t)
  const { client } = await startServer(t, { 'models.dir': models, 'models.eager': 'rule', 'models.modulePaths': models, defaultModel: 'rule' })
  const { status, body } = await client.post('/predict', ask(50_000, 1_000))
  assert.equal(status, 200, JSON.stringify(body))
  const p = up([50_000, 1_000, 60])
  assert.deepEqual([body.prediction.signal, body.prediction.probability], p >= 0.55 ? ['BUY', p] : ['HOLD', Math.max(p, 1 - p)])

  const hung = client.post('/predict', ask(50_000, 666))
  assert.equal((await client.get('/health')).status, 200)
  const late = await hung
  assert.deepEqual([late.status, late.body.code], [504, 'deadline_exceeded'])
  for (;;) {
    const again = await client.post('/predict', ask(50_000, 1_000))
    if (again.status === 200) break
    assert.match(again.body.code, /^(worker_crashed|model_unavailable|deadline_exceeded)$/)
  }
})

test('a model whose processes end one after the other is told, counted and no longer healthy until one answers again', async (t) => {
  const models = makeModels(t)
  const { client } = await startServer(t, { 'models.dir': models, 'models.eager': 'rule', 'models.modulePaths': models, defaultModel: 'rule' })
  const health = async () => (await client.get('/health')).body.checks.models
  const restarts = async () => Number(/model_process_restarts_total\{model="rule",reason="ended"\} (\d+)/.exec((await client.get('/metrics')).body)?.[1])
  assert.deepEqual([await health(), await restarts()], [{ status: 'healthy', detail: '1 of 1 versions loaded' }, 0])

  const lame = join(models, 'rule', 'lame')
  writeFileSync(lame, '')
  assert.equal((await client.post('/predict', ask(50_000, 667))).body.code, 'worker_crashed')
  await eventually('its process is started again, which fails', async () => (await restarts()) >= 2)
  // What /health says is kept for a moment.
  await eventually('health hears of it', async () => (await health()).status === 'degraded')
  assert.deepEqual(await health(), { status: 'degraded', detail: '1 of 1 versions loaded, 1 without a running process' })
  const { status, reason, loaded } = (await client.get('/models')).body.models[0]
  assert.deepEqual([status, loaded], ['active', true])
  assert.match(reason, /^its inference process ended \(.*load of the module threw.*\) and is started again$/)

  rmSync(lame)
  await eventually('one answers', async () => (await health()).status === 'healthy')
  assert.equal((await client.get('/models')).body.models[0].reason, undefined)
})

test('without its folder in models.modulePaths it is refused with the setting to change, by the server and by models check', async (t) => {
  const models = makeModels(t)
  const { client } = await startServer(t, { 'models.dir': models, 'models.eager': '', defaultModel: 'rule' })
  const { status, body } = await client.post('/predict', ask(50_000, 1_000))
  assert.deepEqual([status, body.code], [503, 'model_unavailable'])
  assert.match(body.detail, /models\.modulePaths/)

  const check = (...options: readonly string[]) =>
    execFileSync(process.execPath, [pathOf('bin/presage.js'), 'models', 'check', join(models, 'rule', '1.0.0'), ...options], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  assert.throws(() => check(), /models\.modulePaths/)
  assert.match(check('--set', `models.modulePaths=${models}`), /rule 1\.0\.0.*Node 24.*20\/20/)
})
