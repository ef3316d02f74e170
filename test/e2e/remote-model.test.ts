import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { mlserverPythonOrSkip, startMlserver } from '../support/mlserver.ts'
import { pathOf } from '../support/pages.ts'
import { goldenInputs, writeBundle } from '../support/write-bundle.ts'
import { startServer } from './support/start-server.ts'

const asked = [50_123.25, 1_234.5, 61.7]
const golden = [...goldenInputs, [Number.NaN, 1_500, 70], [45_000, 2_000, Number.NaN]]

/** Trains a classifier that takes missing values, saves it as MLServer wants it, and prints what scikit-learn itself gives for the golden rows and for the row of the request. */
const program = `
import json, sys, joblib, numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
folder = sys.argv[1]
random = np.random.default_rng(1)
X = np.column_stack([random.uniform(40000, 50000, 500), random.uniform(1000, 3000, 500), random.uniform(0, 100, 500)])
y = (X[:, 2] + random.normal(0, 20, 500) > 50).astype(int)
model = HistGradientBoostingClassifier(max_iter=20).fit(X, y)
joblib.dump(model, folder + "/model.joblib")
parameters = {"uri": "./model.joblib", "version": "v3"}
json.dump({"name": "gradient", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": parameters}, open(folder + "/model-settings.json", "w"))
print(json.dumps(model.predict_proba(np.array(json.loads('${JSON.stringify([...golden, asked])}'), dtype=float)).tolist()))
`

test('a scikit-learn model of a real MLServer is proven on its golden rows and served; MLServer stopped and killed has its outcomes', async (t) => {
  const python = mlserverPythonOrSkip(t)
  if (python === undefined) return
  const mlserver = await startMlserver(t, python, program)
  const answers = JSON.parse(mlserver.printed) as [number, number][]
  const models = mkdtempSync(join(tmpdir(), 'presage-models-'))
  t.after(() => rmSync(models, { recursive: true }))
  const endpoint = {
    url: `http://${mlserver.host}`,
    model: 'gradient',
    version: 'v3',
    input: { name: 'x', datatype: 'FP64', missing: 'null' },
    output: { name: 'predict_proba', datatype: 'FP64' },
  }
  const draft = {
    files: { 'endpoint.json': JSON.stringify(endpoint) },
    manifest: { name: 'gradient', runtime: 'remote', artefact: { path: 'endpoint.json', format: 'oip' }, limits: { timeout: '2s' } },
    answer: (row: readonly number[]) => answers[golden.indexOf(row as number[])]!,
    rows: golden,
  } as const
  const folder = writeBundle(models, draft)
  writeBundle(models, { ...draft, manifest: { ...draft.manifest, name: 'wrong' }, answer: () => [0.4, 0.6] })
  const { client } = await startServer(t, { 'models.dir': models, 'models.eager': 'gradient', 'models.remoteHosts': mlserver.host, defaultModel: 'gradient' })
  const [price, volume, rsi] = asked
  const ask = (model = 'gradient') => client.post('/predict', { symbol: 'BTC/USDT', model, features: { price, volume, rsi } })

  await t.test('the answer is scikit-learn’s own', async () => {
    const { status, body } = await ask()
    assert.equal(status, 200, JSON.stringify(body))
    const [down, up] = answers.at(-1)!
    assert.deepEqual(
      [body.prediction.probability, body.prediction.signal],
      up >= 0.55 ? [up, 'BUY'] : down >= 0.55 ? [down, 'SELL'] : [Math.max(up, down), 'HOLD'],
    )
  })

  await t.test('golden rows that it does not reproduce are a refusal', async () => {
    const { status, body } = await ask('wrong')
    assert.deepEqual([status, body.code], [503, 'model_unavailable'])
    assert.match(body.detail, /reproduces \d of 22 golden rows/)
  })

  await t.test('presage models check proves it as well', () => {
    const check = ['models', 'check', folder, '--set', `models.remoteHosts=${mlserver.host}`]
    const printed = execFileSync(process.execPath, [pathOf('bin/presage.js'), ...check], { encoding: 'utf8' })
    assert.match(printed, /gradient 1\.0\.0.*gradient v3 at 127\.0\.0\.1:\d+ \(Open Inference Protocol\).*22\/22/)
  })

  await t.test('stopped, it is waited for until the deadline; going on, it answers again', async () => {
    mlserver.child.kill('SIGSTOP')
    const late = await ask()
    assert.deepEqual([late.status, late.body.code], [504, 'deadline_exceeded'])
    mlserver.child.kill('SIGCONT')
    assert.equal((await ask()).status, 200)
  })

  await t.test('killed, it cannot be reached, and soon it is not even asked any more', async () => {
    mlserver.child.kill('SIGKILL')
    const codes = new Set<string>()
    for (let call = 0; call < 40; call += 1) codes.add((await ask()).body.code)
    assert.deepEqual([...codes], ['model_unavailable', 'circuit_open'])
    const { body } = await ask()
    assert.match(body.detail, /left alone for a while; try again in \d+ ms/)
    assert.match((await client.get('/metrics')).body, /presage_remote_circuit_state\{[^}]*model="gradient"[^}]*\} 2/)
  })
})
