import { noMeter } from '../../src/contracts/meter.ts'
import type { FeatureSet } from '../../src/contracts/features.ts'
import { MirrorMeter } from '../../src/feature-store/mirror-meter.ts'
import { RedisLink } from '../../src/feature-store/redis-link.ts'
import { RedisOnlineStore } from '../../src/feature-store/redis-online-store.ts'
import { VectorMirror } from '../../src/feature-store/vector-mirror.ts'
import { makeRedis } from '../../src/feature-store/testing/redis-server.ts'
import { WriterLeases } from '../../src/feature-store/writer-leases.ts'
import { FeatureService } from '../../src/features/feature-service.ts'
import { MirroredVectors } from '../../src/features/sharing/mirrored-vectors.ts'
import { SharedStates } from '../../src/features/sharing/shared-states.ts'
import { SymbolWriters } from '../../src/features/sharing/symbol-writers.ts'
import type { BarInput } from '../../src/market/check-bar.ts'
import { SeriesStore } from '../../src/market/series-store.ts'
import { systemClock, systemTimer } from '../../src/system.ts'
import { median } from '../support/report.ts'
import { minuteBars } from './market.ts'

const [warmBars, bars, batch, rounds, recentRows] = [1_300, 60, 20_000, 15, 16]
const symbol = 'BTC/USDT'
const key = { symbol, timeframe: '1m' } as const
const machine = { clock: systemClock, random: Math.random, timer: systemTimer, commandTimeoutMs: 10_000 }

async function makeReplica(url: string, name: string) {
  const store = new RedisOnlineStore({ ...machine, url, prefix: 'bench', replica: name, leaseMs: 60_000 })
  await store.open()
  const leases = new WriterLeases({ ...machine, store, leaseMs: 60_000, meter: noMeter })
  const mirror = new VectorMirror({ store, symbols: 10, meter: new MirrorMeter(noMeter, systemClock) })
  const states = new SharedStates()
  const market = new SeriesStore({ clock: systemClock, meter: noMeter, keepBars: 1_100 })
  const remote = new MirroredVectors({ mirror, leases, recentRows, clock: systemClock })
  const features = new FeatureService({ series: market, clock: systemClock, meter: noMeter, historyRows: 64, states, remote })
  const writers = new SymbolWriters({ store, leases, mirror, market, features, states, recentRows, meter: noMeter, log: { warn() {} } })
  const close = async (): Promise<void> => {
    writers.close()
    await leases.close()
    await store.close()
  }
  return { store, mirror, market, features, writers, close }
}
type Replica = Awaited<ReturnType<typeof makeReplica>>

/** ns of CPU of one read of the newest vector. */
function readOf({ features }: Pick<Replica, 'features'>, set: FeatureSet): number {
  if (!features.vector(set, symbol, undefined).complete) throw new Error('the vector is not complete')
  const before = process.cpuUsage()
  for (let i = 0; i < batch; i++) {
    void features.fetch(symbol)
    features.vector(set, symbol, undefined)
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / batch
}

async function msOf(work: () => Promise<unknown> | undefined): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

const names = ['alone', 'writer', 'mirrored', 'cold', 'barAlone', 'barShared', 'barCpu'] as const
type Seen = Readonly<Record<(typeof names)[number], number[]>>

/** One process alone, and a writer and a reader over Redis, that read the same features and get the same bars. */
async function makeWorld(url: string, features: readonly string[]) {
  const [writer, reader] = [await makeReplica(url, 'writer'), await makeReplica(url, 'reader')]
  const market = new SeriesStore({ clock: systemClock, meter: noMeter, keepBars: 1_100 })
  const alone = { market, features: new FeatureService({ series: market, clock: systemClock, meter: noMeter, historyRows: 64 }) }
  const spec = { timeframe: '1m', features, window: 1, symbols: ['*'] } as const
  const sets = { alone: alone.features.declare(spec), writer: writer.features.declare(spec), reader: reader.features.declare(spec) }
  return { alone, writer, reader, sets }
}
type World = Awaited<ReturnType<typeof makeWorld>>

const options = { calendar: 'continuous', clock: 'replay' } as const
const take = ({ market }: Pick<Replica, 'market'>, part: readonly BarInput[]) => market.ingest(key, part, options)
const share = async (replica: Replica, part: readonly BarInput[]) => replica.writers.write(symbol, () => take(replica, part))

/** Everything in turn, round after round, so that what else goes on meets all alike. */
async function measure({ alone, writer, reader, sets }: World): Promise<Seen> {
  const seen = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Seen
  const history = minuteBars(1, warmBars + rounds * bars)
  take(alone, history.slice(0, warmBars))
  await share(writer, history.slice(0, warmBars))
  for (let round = 0; round < rounds; round++) {
    for (const bar of history.slice(warmBars + round * bars, warmBars + (round + 1) * bars)) {
      seen.barAlone.push(await msOf(async () => take(alone, [bar])))
      const before = process.cpuUsage()
      seen.barShared.push(await msOf(() => share(writer, [bar])))
      const { user, system } = process.cpuUsage(before)
      seen.barCpu.push((user + system) / 1_000)
    }
    reader.mirror.forget(symbol)
    seen.cold.push(await msOf(() => reader.features.fetch(symbol)))
    seen.alone.push(readOf(alone, sets.alone))
    seen.writer.push(readOf(writer, sets.writer))
    seen.mirrored.push(readOf(reader, sets.reader))
  }
  return seen
}

/** KB that Redis needs for the rows and the state of the symbol, its own included. */
async function memoryOf(url: string): Promise<string> {
  const link = new RedisLink({ ...machine, url })
  await link.open()
  const parts = ['rows', 'state'].map((part) => link.command(['MEMORY', 'USAGE', `bench:{${symbol}}:${part}`, 'SAMPLES', '0']))
  const bytes = await Promise.all(parts)
  await link.close()
  return bytes.map((some) => (Number(some) / 1_024).toFixed(0)).join(' + ')
}

function rowsOf(seen: Seen, features: number, memory: string): string[][] {
  const of = (name: keyof Seen): number => median(seen[name])
  const beside = (name: keyof Seen): string => `${of(name).toFixed(0)} (${(of(name) / of('alone')).toFixed(2)}x)`
  const mean = seen.barCpu.reduce((sum, one) => sum + one, 0) / seen.barCpu.length
  return [
    [`Redis mode, ${features} features: read without Redis, ns of CPU`, '2000', of('alone').toFixed(0)],
    ['the same on the writer', '2000', beside('writer')],
    ['the same on a mirrored reader', '2000', beside('mirrored')],
    [`a cold reader: subscription and round trip of ${recentRows} rows, ms`, '', of('cold').toFixed(2)],
    ['one bar of one symbol without Redis, µs', '', (1_000 * of('barAlone')).toFixed(0)],
    ['one bar until it is published, µs', '', (1_000 * of('barShared')).toFixed(0)],
    ['the same, µs of CPU of the writer and a reader', '', (1_000 * mean).toFixed(0)],
    ['memory of a symbol in Redis: rows and state, KB', '', memory],
  ]
}

/** Rows of the table: what sharing through Redis costs; undefined where it is missing. */
export async function onlineStoreRows(features: readonly string[]): Promise<string[][] | undefined> {
  const redis = await makeRedis()
  if (redis === undefined) return undefined
  await redis.server.start()
  const world = await makeWorld(redis.server.url, features)
  const seen = await measure(world)
  const memory = await memoryOf(redis.server.url)
  await Promise.all([world.writer.close(), world.reader.close()])
  await redis.remove()
  return rowsOf(seen, features.length, memory)
}
