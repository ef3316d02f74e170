import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compose, type Presage } from '../../../src/compose.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Clock } from '../../../src/contracts/ports.ts'
import { makeIds, systemClock } from '../../../src/system.ts'
import { Client } from './client.ts'

/** The bundles that the repository brings. */
export const exampleModels = fileURLToPath(new URL('../../../examples/models', import.meta.url))
const demoSettings = fileURLToPath(new URL('../../../examples/demo.yaml', import.meta.url))
const silent = { info() {}, warn() {}, error() {} }

/** A whole server with the demonstration's settings on a port of its own, by the machine's clock or another one, and a client with its admin key; both end with the test, or before by `stop`. */
export async function startServer(
  t: TestContext,
  flags: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
): Promise<{ presage: Presage; client: Client; url: string; folder: string; stop: () => Promise<boolean> }> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-e2e-'))
  const settings = { 'gateway.port': '0', 'gateway.deadlineMs': '4000', 'data.dir': join(folder, 'var'), 'models.dir': exampleModels, ...flags }
  const config = loadConfig({ file: demoSettings, env: {}, flags: settings })
  const presage = await compose(config, { clock, random: Math.random, ids: makeIds(clock), log: silent, version: '0.0.0-test' })
  let stopped: Promise<boolean> | undefined
  const stop = (): Promise<boolean> => (stopped ??= presage.stop())
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true })
  })
  const url = await presage.start()
  return { presage, url, folder, stop, client: new Client(url, readFileSync(presage.keyFile, 'utf8').trim()) }
}
