import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathOf, textOf } from '../support/pages.ts'
import { startServer } from './support/start-server.ts'

const page = textOf('docs/model-manifest.md')

/** The first block of the page in a language. */
function block(language: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page) ?? []
  return text ?? assert.fail(`the page has no block of ${language}`)
}

test('the bundle that docs/model-manifest.md writes by hand is sealed by its command and served', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-hand-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const dir = join(folder, 'models/reversal/1.0.0')
  mkdirSync(join(dir, 'code'), { recursive: true })
  writeFileSync(join(dir, 'model.yaml'), block('yaml'))
  writeFileSync(join(dir, 'code/index.mts'), block('ts'))
  const [, command = ''] = /\$ presage (.*)/.exec(page) ?? []
  const printed = execFileSync(process.execPath, [pathOf('bin/presage.js'), ...command.split(' ')], { cwd: folder, encoding: 'utf8' })
  assert.match(printed, /^sealed 2 files: code\/index\.mts, golden\.json\n32 golden rows .*\n.*\n.*\nreversal 1\.0\.0 +Node 24\S+ \(module\) +32\/32 /)

  const models = join(folder, 'models')
  const { client } = await startServer(t, { 'models.dir': models, 'models.modulePaths': models })
  const ask = async (rsi: number, distance: number) => {
    const { body } = await client.post('/predict', { symbol: 'BTC/USDT', model: 'reversal', features: { 'rsi(14)@1m': rsi, 'zscore(close,30)@1m': distance } })
    return body.prediction.signal
  }
  assert.deepEqual([await ask(25, -2), await ask(50, 0), await ask(80, 2)], ['BUY', 'HOLD', 'SELL'])
})
