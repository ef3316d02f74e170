import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Calendars } from './calendars/calendars.ts'
import { composeCalendars } from './compose-calendars.ts'
import type { Config } from './config/schema.ts'
import { ServingError } from './contracts/error.ts'
import type { FlowWrites } from './contracts/flow-requests.ts'
import type { HealthCheck } from './contracts/health.ts'
import type { MarketReads, MarketWrites } from './contracts/market.ts'
import { symbolGlob } from './contracts/symbol.ts'
import { MirrorMeter } from './feature-store/mirror-meter.ts'
import type { RedisOnlineStore } from './feature-store/redis-online-store.ts'
import { VectorMirror } from './feature-store/vector-mirror.ts'
import { WriterLeases } from './feature-store/writer-leases.ts'
import type { Catalogue } from './features/catalog/family.ts'
import { FeatureService } from './features/feature-service.ts'
import { FoldStateLog } from './features/fold-state-log.ts'
import { loadFeatureModules } from './features/modules/load-feature-modules.ts'
import { ParitySentinel } from './features/parity-sentinel.ts'
import { FeatureProofs } from './features/proofs/feature-proofs.ts'
import { loadSets } from './features/set-folder.ts'
import { MirroredVectors } from './features/sharing/mirrored-vectors.ts'
import { SharedSets } from './features/sharing/shared-sets.ts'
import { SharedStates } from './features/sharing/shared-states.ts'
import { SymbolWriters } from './features/sharing/symbol-writers.ts'
import { feedSettings, type FeedWish } from './feeds/feed-settings.ts'
import { Feeds } from './feeds/feeds.ts'
import { FileBarJournal } from './market/bar-journal.ts'
import { FlowLog, type FlowLogDeps } from './market/flow/flow-log.ts'
import { FlowTapes } from './market/flow/flow-tapes.ts'
import { OrderFlow, type OrderFlowDeps } from './market/flow/order-flow.ts'
import { TradeBars } from './market/flow/trade-bars.ts'
import { SeriesStore } from './market/series-store.ts'
import type { Series } from './market/series.ts'
import type { PrometheusMeter } from './monitoring/prometheus-meter.ts'
import type { Surroundings } from './surroundings.ts'
import { systemTimer } from './system.ts'

type Deps = Surroundings & { readonly config: Config; readonly meter: PrometheusMeter; readonly logs: Omit<FlowLogDeps, 'clock'> }

/** The catalogue with the operator's modules; what one throws while it serves is logged and counted. */
function composeCatalogue({ config: { features }, log, meter }: Deps): Promise<Catalogue> {
  return loadFeatureModules(features.modulePaths, (feature, error) => {
    meter.counter('feature_module_faults_total', { feature }).add()
    log.error({ feature, err: error }, 'a feature module threw: its value is absent')
  })
}

/** What takes trades, books and funding; it makes bars of the trades of the symbols that the settings name. */
function composeFlow({ barsFromTrades, silenceMs }: Config['market'], deps: Omit<OrderFlowDeps, 'bars'> & { readonly store: SeriesStore }): OrderFlow {
  const made = barsFromTrades.map(({ symbols, clock = 'live', calendar = 'continuous' }) => ({ matches: symbolGlob(symbols), series: { clock, calendar } }))
  const seriesOf = (symbol: string) => made.find(({ matches }) => matches(symbol))?.series
  return new OrderFlow({ ...deps, bars: new TradeBars({ ...deps, seriesOf, silenceMs }) })
}

/** Where market data goes in and bars are read, as the gateway does. */
export type Intake = MarketWrites & MarketReads & FlowWrites

/** Market data and the features of it, in this process or shared with other replicas. */
export type Market = {
  readonly market: SeriesStore
  readonly intake: Intake
  readonly features: FeatureService
  readonly health: () => HealthCheck
  /** How the store is that replicas share; absent where there is none. */
  readonly sharedHealth?: () => HealthCheck
  /** Publishes what the passing of time changed. */
  shareChanges(): void
  /** Tells other replicas which sets are read here, and takes theirs; once all sets of the start are declared. */
  shareSets(): Promise<void>
  close(): Promise<void>
}

/** What replicas share: where it lies, and what of it is known here. */
type Sharing = {
  readonly store: RedisOnlineStore
  readonly leases: WriterLeases
  readonly mirror: VectorMirror
  readonly remote: MirroredVectors
  readonly states: SharedStates
  readonly recentRows: number
}

type Disk = { readonly journal?: FileBarJournal; readonly states?: FoldStateLog }

/** What outlives the process on its own machine. */
function openDisk({ config: { data, market, history }, clock, meter }: Deps, calendars: Calendars): Disk {
  if (!market.persist) return {}
  const folder = join(data.dir, 'market')
  mkdirSync(folder, { recursive: true })
  return {
    journal: new FileBarJournal({ folder, keepBars: market.keepBars, clock, meter, calendars, keepOld: history.enabled }),
    states: new FoldStateLog({ folder, clock, meter }),
  }
}

async function openSharing({ config: { redis }, clock, random, ids, meter }: Deps, disk: Disk): Promise<Sharing | undefined> {
  const { url, leaseMs, recentRows } = redis
  if (url === undefined) return undefined
  const replica = `${redis.replica ?? `${hostname()}:${process.pid}`}#${ids()}`
  // Its client is 480 modules, a fifth of a start.
  const redisStore = await import('./feature-store/redis-online-store.ts')
  const store = new redisStore.RedisOnlineStore({ ...redis, url, replica, clock, random, timer: systemTimer })
  const leases = new WriterLeases({ store, leaseMs, clock, timer: systemTimer, meter })
  const mirror = new VectorMirror({ store, symbols: redis.mirrorSymbols, meter: new MirrorMeter(meter, clock) })
  await store.open()
  return { store, leases, mirror, remote: new MirroredVectors({ mirror, leases, recentRows, clock }), states: new SharedStates(disk.states), recentRows }
}

/** Takes over what the newest bar of a series says of funding. */
function restoreFunding({ key, last }: Series, flow: OrderFlow): void {
  if (last) flow.restoreFunding(key.symbol, last)
}

/** A series that the process before has left. Without its calendar nobody could say what it lacks. */
function restoreSeries(series: Series, store: SeriesStore): void {
  try {
    store.restore(series)
  } catch (error) {
    if (!(error instanceof ServingError)) throw error
    const { symbol, timeframe } = series.key
    throw new ServingError(error.code, `Bars of ${symbol} at ${timeframe} are stored. ${error.message}; put its document back where market.calendars says`)
  }
}

type Local = { readonly market: SeriesStore; readonly flow: OrderFlow; readonly features: FeatureService; readonly close: () => Promise<void> }

/** Market data goes straight in. */
const alone = ({ market, flow, features, close }: Local): Omit<Market, 'health'> => ({
  market,
  features,
  intake: {
    ingest: market.ingest.bind(market),
    bars: market.bars.bind(market),
    trades: flow.trades.bind(flow),
    books: flow.books.bind(flow),
    funding: flow.funding.bind(flow),
  },
  shareChanges: () => undefined,
  shareSets: () => Promise.resolve(),
  close,
})

/** What is told of sharing: one change that others do not see yet is enough to be degraded. */
function healthOf({ store, leases }: Sharing, { unshared }: SymbolWriters): HealthCheck {
  if (!store.connected)
    return { status: 'degraded', detail: 'Redis does not answer: what other replicas compute is not read, what this one computes is not shared' }
  if (unshared > 0)
    return { status: 'degraded', detail: `Redis has not taken the newest changes of ${unshared} symbols that are written here: others do not see them` }
  return { status: 'healthy', detail: `Redis; ${[...leases.symbols].length} symbols are written here` }
}

/** Market data goes in on the one replica that writes its symbol. */
function together(local: Local, sharing: Sharing, { meter, log, clock }: Deps): Omit<Market, 'health'> {
  const { market, flow, features } = local
  const { store, leases, remote } = sharing
  const writers = new SymbolWriters({ ...sharing, market, features, meter, log, onAdopted: (series) => restoreFunding(series, flow) })
  const sets = new SharedSets({ store, features, clock, log })
  leases.onRenewed(() => void sets.exchange())
  return {
    market,
    features,
    intake: {
      ingest: (key, bars, options) => writers.write(key.symbol, () => market.ingest(key, bars, options)),
      trades: (symbol, trades) => writers.write(symbol, () => flow.trades(symbol, trades)),
      books: (symbol, books) => writers.write(symbol, () => flow.books(symbol, books)),
      funding: (symbol, rates) => writers.write(symbol, () => flow.funding(symbol, rates)),
      bars(key, range) {
        remote.refuse(key.symbol, 'its bars')
        return market.bars(key, range)
      },
    },
    sharedHealth: () => healthOf(sharing, writers),
    shareSets: () => sets.exchange(),
    shareChanges: () => void writers.share(),
    async close() {
      writers.close()
      await leases.close()
      await store.close()
      await local.close()
    },
  }
}

function makeFeatures(
  { config, clock, random, log, version, meter }: Deps,
  parts: { readonly series: SeriesStore; readonly catalogue: Catalogue },
  kept: Sharing | Disk,
) {
  const { data, features } = config
  // Bits of logarithms and powers are the engine's.
  const proofs = new FeatureProofs({ clock, codeVersion: `${version} on Node ${process.version}`, file: join(data.dir, 'feature-proofs.json') })
  const sentinel = new ParitySentinel({ share: features.sentinelShare, random, meter, log })
  return { sentinel, service: new FeatureService({ ...parts, clock, meter, historyRows: features.historyRows, proofs, sentinel, ...kept }) }
}

/**
 * Puts bars, order flow and the features over them together, with what the process before left of them and what is shared with other replicas. Throws what calendars, feature modules
 * and sets are refused with.
 */
export async function composeMarket(deps: Deps): Promise<Market> {
  const { config, clock, meter } = deps
  const { market } = config
  const catalogue = await composeCatalogue(deps)
  const sets = loadSets(config.features.dir, catalogue)
  const calendars = composeCalendars(config)
  const disk = openDisk(deps, calendars)
  const { journal } = disk
  const sharing = await openSharing(deps, disk)
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter, tapes, calendars, keepBars: market.keepBars, jumps: market, ...disk })
  const { service, sentinel } = makeFeatures(deps, { series: store, catalogue }, sharing ?? disk)
  const log = new FlowLog({ ...deps.logs, clock })
  const flow = composeFlow(market, { tapes, store, clock, meter, log })
  for (const series of journal?.restored ?? []) {
    restoreSeries(series, store)
    restoreFunding(series, flow)
  }
  for (const set of sets) service.declare(set)
  const close = async (): Promise<void> => {
    clearInterval(minutes)
    service.close()
    sentinel.close()
    disk.states?.close()
    await journal?.close()
    await log.close()
  }
  const health = (): HealthCheck => {
    if (journal && !journal.healthy) return { status: 'degraded', detail: 'bars cannot be written to disk: they are in memory only until it takes them again' }
    return sentinel.fault === undefined ? { status: 'healthy', detail: `${[...store.all()].length} series` } : { status: 'degraded', detail: sentinel.fault }
  }
  const local = { market: store, flow, features: service, close }
  const whole = { ...(sharing ? together(local, sharing, deps) : alone(local)), health }
  const minutes = setInterval(() => {
    flow.pass()
    whole.shareChanges()
  }, 1_000).unref()
  return whole
}

/** The exchanges that are listened to, not yet started. */
export function composeFeeds(
  { feeds }: Config,
  { clock, random, log }: Surroundings,
  { market, intake, meter }: Pick<Market, 'market' | 'intake'> & { meter: PrometheusMeter },
): Feeds {
  const into = { market: { ingest: intake.ingest.bind(intake), find: market.find.bind(market), calendars: market.calendars }, flow: intake }
  return new Feeds((feeds as readonly FeedWish[]).map(feedSettings), { ...into, clock, random, meter, log: (about, message) => log.warn(about, message) })
}
