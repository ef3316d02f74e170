import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config/schema.ts'
import type { HealthCheck } from './contracts/health.ts'
import { symbolGlob } from './contracts/symbol.ts'
import type { Catalogue } from './features/catalog/family.ts'
import { FeatureService } from './features/feature-service.ts'
import { FoldStateLog } from './features/fold-state-log.ts'
import { loadFeatureModules } from './features/modules/load-feature-modules.ts'
import { ParitySentinel } from './features/parity-sentinel.ts'
import { FeatureProofs } from './features/proofs/feature-proofs.ts'
import { loadSets } from './features/set-folder.ts'
import { feedSettings, type FeedWish } from './feeds/feed-settings.ts'
import { Feeds } from './feeds/feeds.ts'
import { FileBarJournal } from './market/bar-journal.ts'
import { FlowTapes } from './market/flow/flow-tapes.ts'
import { OrderFlow, type OrderFlowDeps } from './market/flow/order-flow.ts'
import { TradeBars } from './market/flow/trade-bars.ts'
import { SeriesStore } from './market/series-store.ts'
import type { Series } from './market/series.ts'
import type { PrometheusMeter } from './monitoring/prometheus-meter.ts'
import type { Surroundings } from './surroundings.ts'

/** What bars come into, and what is made of them. */
export type Market = {
  readonly market: SeriesStore
  readonly flow: OrderFlow
  readonly features: FeatureService
  readonly close: () => Promise<void>
  readonly health: () => HealthCheck
}

/** The catalogue with the operator's modules; what one throws while it serves is logged and counted. */
function composeCatalogue({ features }: Config, { log }: Surroundings, meter: PrometheusMeter): Promise<Catalogue> {
  return loadFeatureModules(features.modulePaths, (feature, error) => {
    meter.counter('feature_module_faults_total', 'Kernels of feature modules whose code threw while they served', { feature }).add()
    log.error({ feature, err: error }, 'a feature module threw: its value is absent')
  })
}

/** What takes trades, books and funding; it makes bars of the trades of the symbols that the settings name. */
function composeFlow({ barsFromTrades, silenceMs }: Config['market'], deps: Omit<OrderFlowDeps, 'bars'> & { readonly store: SeriesStore }): OrderFlow {
  const made = barsFromTrades.map(({ symbols, clock = 'live' }) => ({ matches: symbolGlob(symbols), clock }))
  const clockOf = (symbol: string) => made.find(({ matches }) => matches(symbol))?.clock
  return new OrderFlow({ ...deps, bars: new TradeBars({ ...deps, clockOf, silenceMs }) })
}

/** Takes over the series of the process before, and what they say of funding. */
function restoreMarket(restored: Iterable<Series>, store: SeriesStore, flow: OrderFlow): void {
  for (const series of restored) {
    store.restore(series)
    if (series.last) flow.restoreFunding(series.key.symbol, series.last)
  }
}

/** Bars, order flow and the features over them, with what the process before left of them. Throws what feature modules and sets are refused with. */
export async function composeMarket(config: Config, around: Surroundings, meter: PrometheusMeter): Promise<Market> {
  const { data, market, features } = config
  const { clock, random, log, version } = around
  const catalogue = await composeCatalogue(config, around, meter)
  const sets = loadSets(features.dir, catalogue)
  const folder = join(data.dir, 'market')
  if (market.persist) mkdirSync(folder, { recursive: true })
  const journal = market.persist ? new FileBarJournal({ folder, keepBars: market.keepBars, clock, meter }) : undefined
  const states = market.persist ? new FoldStateLog({ folder, meter }) : undefined
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter, tapes, keepBars: market.keepBars, jumps: market, ...(journal ? { journal } : {}) })
  // Bits of logarithms and powers are the engine's.
  const proofs = new FeatureProofs({ clock, codeVersion: `${version} on Node ${process.version}`, file: join(data.dir, 'feature-proofs.json') })
  const sentinel = new ParitySentinel({ share: features.sentinelShare, random, meter, log })
  const service = new FeatureService({
    series: store,
    clock,
    meter,
    historyRows: features.historyRows,
    proofs,
    sentinel,
    catalogue,
    ...(states ? { states } : {}),
  })
  const flow = composeFlow(market, { tapes, store, clock, meter })
  restoreMarket(journal?.restored ?? [], store, flow)
  for (const set of sets) service.declare(set)
  const minutes = setInterval(() => flow.pass(), 1_000).unref()
  const close = async (): Promise<void> => {
    clearInterval(minutes)
    service.close()
    sentinel.close()
    states?.close()
    await journal?.close()
  }
  const health = (): HealthCheck => {
    if (journal && !journal.healthy) return { status: 'degraded', detail: 'bars cannot be written to disk; they are in memory only' }
    return sentinel.fault === undefined ? { status: 'healthy', detail: `${[...store.all()].length} series` } : { status: 'degraded', detail: sentinel.fault }
  }
  return { market: store, flow, features: service, close, health }
}

/** The exchanges that are listened to, not yet started. */
export function composeFeeds(
  { feeds }: Config,
  { clock, random, log }: Surroundings,
  { market, flow, meter }: Pick<Market, 'market' | 'flow'> & { meter: PrometheusMeter },
): Feeds {
  return new Feeds((feeds as readonly FeedWish[]).map(feedSettings), { market, flow, clock, random, meter, log: (about, message) => log.warn(about, message) })
}
