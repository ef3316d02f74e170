import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compose, type Presage } from '../../src/compose.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { makeIds, systemClock } from '../../src/system.ts'

const historyMinutes = 3_000
const quiet = { info() {}, warn() {}, error() {} }

/** The whole product on the demonstration's settings, in a data folder of its own, with momentum (500 trees x 31 leaves, 30 inputs) loaded and 3,000 bars of BTC/USDT. It does not listen yet. */
export async function realSystem(more: Readonly<Record<string, string>> = {}): Promise<Presage> {
  const flags = {
    'gateway.port': '0',
    'gateway.deadlineMs': '5000', // a loaded machine stalls for longer than a trader waits, and a refusal is no figure
    'data.dir': mkdtempSync(join(tmpdir(), 'presage-bench-')),
    'models.dir': fileURLToPath(new URL('../../examples/models', import.meta.url)),
    'models.eager': '["momentum"]',
    ...more,
  }
  const config = loadConfig({ file: fileURLToPath(new URL('../../examples/demo.yaml', import.meta.url)), env: {}, flags })
  const presage = await compose(config, { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log: quiet, version: 'bench' })
  const start = Date.UTC(2022, 0, 1)
  const bars = Array.from({ length: historyMinutes }, (_, i) => {
    const close = 45_000 * (1 + Math.sin(i / 7) / 200 + Math.sin(i / 90) / 50)
    return { openTime: start + i * 60_000, open: close * 0.9999, high: close * 1.001, low: close * 0.999, close, volume: 100 + ((i * 37) % 91) }
  })
  presage.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars, { calendar: 'continuous', clock: 'replay' })
  return presage
}
