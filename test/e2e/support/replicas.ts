import { setImmediate as nextTurn } from 'node:timers/promises'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Presage } from '../../../src/compose.ts'
import type { FeatureSet } from '../../../src/contracts/features.ts'
import { noMeter } from '../../../src/contracts/meter.ts'
import { FeatureService } from '../../../src/features/feature-service.ts'
import { SeriesStore } from '../../../src/market/series-store.ts'
import { systemClock } from '../../../src/system.ts'
import { type RedisServer, redisOrSkip } from '../../../src/feature-store/testing/redis-server.ts'
import { walkBars } from '../../../src/market/bar-walk.ts'
import type { BarInput } from '../../../src/market/check-bar.ts'
import type { Client } from './client.ts'
import { startServer } from './start-server.ts'

/** A replica: the server, and a client of it. */
export type Replica = { readonly presage: Presage; readonly client: Client }

const minute = 60_000

/** Bars of a minute each, the last of which closed not long ago; others for every seed. */
export const recentBars = (count: number, seed = 4): BarInput[] =>
  walkBars({ seed, count, from: Math.floor(Date.now() / minute - count) * minute, barMs: minute })

/** The sets that every replica reads: many features, a window, a longer timeframe. */
const sets = {
  many: 'timeframe: 1m\nsymbols: ["*"]\nfeatures: [close, volume, rsi(14), "ema(20)", "macd(12,26,9)", "atr(14)", "bb_pctb(20,2)", "obv_slope(20)", "rv(60)", "vol_z(96)", tod_sin]\n',
  sequence: 'timeframe: 1m\nsymbols: ["*"]\nwindow: 20\nfeatures: [close, rsi(14), "zscore(rsi(14), 30)"]\n',
  longer: 'timeframe: 1m\nsymbols: ["*"]\nfeatures: ["ema(5)@5m", close]\n',
}

type Named = { readonly name: string; readonly url: string }

/** How replicas of a test are set up beside the usual. */
export type ReplicaFlags = Readonly<Record<string, string>>

/** A Redis and as many replicas over it as are asked for, each with an API of its own. */
export async function redisWithReplicas(
  t: TestContext,
): Promise<{ readonly redis: RedisServer; readonly start: (name: string, flags?: ReplicaFlags) => Promise<Replica> } | undefined> {
  const redis = await redisOrSkip(t)
  if (redis === undefined) return undefined
  await redis.start()
  return { redis, start: (name, flags) => startReplica(t, { name, url: redis.url }, flags) }
}

/** Settings of a replica over a Redis that may be there or not. */
export function replicaSettings(t: TestContext, { name, url }: Named): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-sets-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'features'))
  for (const [file, text] of Object.entries(sets)) writeFileSync(join(folder, 'features', `${file}.yaml`), text)
  return {
    'models.eager': 'momentum',
    'features.dir': join(folder, 'features'),
    'redis.url': url,
    'redis.replica': name,
    'redis.commandTimeoutMs': '5000',
  }
}

/** A replica in this process. */
export const startReplica = (t: TestContext, named: Named, flags: ReplicaFlags = {}): Promise<Replica> =>
  startServer(t, { ...replicaSettings(t, named), ...flags })

/** Sends bars, in one call. */
export const sendBars = ({ client }: Pick<Replica, 'client'>, bars: readonly BarInput[], symbol = 'BTC/USDT') =>
  client.post('/market/bars', {
    symbol,
    timeframe: '1m',
    bars: bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume]),
  })

/** A read of BTC/USDT, and as of when. */
type Wish = { readonly symbol?: string; readonly asOf?: number }

/** Every named set as a service reads it, its numbers as bits. */
function bitsOf(features: Pick<FeatureService, 'sets' | 'vector'>, { symbol = 'BTC/USDT', asOf }: Wish) {
  const named = features.sets().filter(({ spec }) => spec.name !== undefined)
  return Object.fromEntries(
    named.map((set) => {
      const { values, warming, ...rest } = features.vector(set, symbol, asOf)
      return [set.spec.name, { digest: set.digest, bits: [...new BigUint64Array(values.slice().buffer)], warming: [...(warming ?? [])], ...rest }]
    }),
  )
}

/** The same of a replica, with what it has to fetch. */
export async function vectorsOf({ presage: { features } }: Pick<Replica, 'presage'>, wish: Wish = {}) {
  await features.fetch(wish.symbol ?? 'BTC/USDT')
  return bitsOf(features, wish)
}

/** Waits until a replica has heard of the bar that closes at a moment: news are on their way while the writer answers. */
export async function heardOf(replica: Pick<Replica, 'presage'>, closeTime: number, symbol = 'BTC/USDT'): Promise<void> {
  const { features } = replica.presage
  const set = features.sets().find(({ spec }) => spec.name === 'many') as FeatureSet
  do {
    await features.fetch(symbol)
    await nextTurn()
  } while (features.vector(set, symbol, closeTime).barCloseTime !== closeTime)
}

/** The same of one process that saw all the bars and was never interrupted. */
export function uninterrupted({ presage: { features } }: Pick<Replica, 'presage'>, bars: readonly BarInput[], wish: Wish = {}) {
  const series = new SeriesStore({ clock: systemClock, meter: noMeter })
  const service = new FeatureService({ series, clock: systemClock, meter: noMeter })
  for (const { spec } of features.sets()) service.declare(spec)
  for (const bar of bars) series.ingest({ symbol: wish.symbol ?? 'BTC/USDT', timeframe: '1m' }, [bar])
  return bitsOf(service, wish)
}
