import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compose } from '../../../src/compose.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { ModelService } from '../../../src/models/model-service.ts'
import { makeIds, systemClock } from '../../../src/system.ts'
import { median } from '../../support/report.ts'
import { readDoubles } from '../rows-file.ts'
import { writeBundles } from './bench-bundles.ts'
import { Traffic } from './traffic.ts'

/** Swaps as the server makes them: medians over all of them, the ratio that of each swap; p99 in µs of the first 100 calls and of 100 later ones. */
export type ServiceSwapFigures = { readonly swaps: number; readonly firstP99: number; readonly steadyP99: number; readonly ratio: number }

const versions = ['1.0.0', '1.0.1'] as const
const steadyWindows = 100
const quiet = { info() {}, warn() {}, error() {} }
const patient = { at: Infinity, signal: new AbortController().signal }

/** A call as a request makes it: a lease on the version, the row, the lease given back. */
function callOf(models: ModelService, version: string): (row: Float64Array, out: Float64Array) => void {
  return (row, out) => {
    const lease = models.acquire('swapped', version, patient)
    if (lease instanceof Promise) throw new Error(`${version} is not in memory`)
    lease.model.runtime.predictSync!(row, out)
    lease.release()
  }
}

/** Loads the other version while this one serves, then sends it all calls. */
async function swap(models: ModelService, { from, to }: { from: string; to: string }, traffic: Traffic): Promise<Omit<ServiceSwapFigures, 'swaps'>> {
  traffic.window(callOf(models, from))
  await models.load(models.find('swapped', to).slot)
  const call = callOf(models, to)
  const firstP99 = traffic.window(call)
  const steadyP99 = median(Array.from({ length: steadyWindows }, () => traffic.window(call)))
  await models.find('swapped', from).slot.drain()
  return { firstP99, steadyP99, ratio: firstP99 / steadyP99 }
}

async function measure(text: string, rowsPath: string, { inputs, swaps }: { inputs: number; swaps: number }): Promise<ServiceSwapFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-swaps-'))
  const rows = readDoubles(rowsPath)
  const half = Math.floor(rows.length / inputs / 2) * inputs
  writeBundles(join(folder, 'models'), { text: readFileSync(text, 'utf8'), rows: rows.subarray(0, half), inputs }, versions)
  const flags = { 'gateway.port': '0', 'data.dir': join(folder, 'data'), 'models.dir': join(folder, 'models'), 'models.eager': '["swapped"]' }
  const config = loadConfig({ file: fileURLToPath(new URL('../../../examples/demo.yaml', import.meta.url)), env: {}, flags })
  const presage = await compose(config, { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log: quiet, version: 'bench' })
  await presage.start()
  const traffic = new Traffic(rows.subarray(half), inputs)
  await presage.models.load(presage.models.find('swapped', versions[0]).slot)
  const all: Omit<ServiceSwapFigures, 'swaps'>[] = []
  for (let i = 0; i < swaps; i++) all.push(await swap(presage.models, { from: versions[i % 2]!, to: versions[(i + 1) % 2]! }, traffic))
  await presage.stop()
  rmSync(folder, { recursive: true })
  const of = (key: keyof (typeof all)[number]): number => median(all.map((figures) => figures[key]))
  return { swaps, firstP99: of('firstP99'), steadyP99: of('steadyP99'), ratio: of('ratio') }
}

const [text = '', rows = '', inputs = '', swaps = ''] = process.argv.slice(2)
console.log(JSON.stringify(await measure(text, rows, { inputs: Number(inputs), swaps: Number(swaps) })))
