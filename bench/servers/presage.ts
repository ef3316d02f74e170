import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { makeIds, systemClock } from '../../src/system.ts'
import { serveMeasured } from '../support/measured-server.ts'
import { predictBody } from '../support/request.ts'

/** The real server: key checked, 30 features read as of the last of 3,000 bars, 500 trees x 31 leaves, the decision kept. */
const historyMinutes = 3000
const dir = mkdtempSync(join(tmpdir(), 'presage-bench-'))
const flags = {
  'gateway.port': '0',
  'data.dir': dir,
  'models.dir': fileURLToPath(new URL('../../examples/models', import.meta.url)),
  'models.eager': '["momentum"]',
}
const config = loadConfig({ file: fileURLToPath(new URL('../../examples/demo.yaml', import.meta.url)), env: {}, flags })
const quiet = { info() {}, warn() {}, error() {} }
const presage = await compose(config, { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log: quiet, version: 'bench' })

const start = Date.UTC(2022, 0, 1)
const bars = Array.from({ length: historyMinutes }, (_, i) => {
  const close = 45_000 * (1 + Math.sin(i / 7) / 200 + Math.sin(i / 90) / 50)
  return { openTime: start + i * 60_000, open: close * 0.9999, high: close * 1.001, low: close * 0.999, close, volume: 100 + ((i * 37) % 91) }
})
presage.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars, { calendar: 'continuous', clock: 'replay' })
const url = await presage.start()
serveMeasured({ port: Number(new URL(url).port), path: '/predict', body: predictBody, headers: { 'x-api-key': readFileSync(presage.keyFile, 'utf8').trim() } })
