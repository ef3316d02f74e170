import { join } from 'node:path'
import { makeFirstKey } from './access/first-key.ts'
import { KeyRing } from './access/key-ring.ts'
import { kyselyKeyStore } from './access/kysely-key-store.ts'
import { composeHistory, type HistoryKeeping, openDayLogs } from './compose-history.ts'
import { composeFeeds, composeMarket, type Intake, type Market } from './compose-market.ts'
import type { Config } from './config/schema.ts'
import type { HealthCheck } from './contracts/health.ts'
import type { Clock } from './contracts/ports.ts'
import { type Database, openDatabase } from './database/open-database.ts'
import { tidyUp, tuneEngine } from './engine.ts'
import { DecisionRing } from './events/decision-ring.ts'
import type { FeatureService } from './features/feature-service.ts'
import type { GatewayDeps } from './gateway/gateway-deps.ts'
import type { Feeds } from './feeds/feeds.ts'
import type { GatewayServer } from './gateway/server.ts'
import type { SeriesStore } from './market/series-store.ts'
import { ModelAdministration } from './models/model-admin.ts'
import { ModelService } from './models/model-service.ts'
import { inServerProblems } from './models/in-server-problems.ts'
import { FolderWatch } from './models/folder-watch.ts'
import { PrepareProcess } from './models/prepare-process.ts'
import { Health } from './monitoring/health.ts'
import { PrometheusMeter } from './monitoring/prometheus-meter.ts'
import { Readiness } from './monitoring/readiness.ts'
import { PredictionService } from './prediction/prediction-service.ts'
import { Launcher } from './processes/launcher.ts'
import type { OutputLine } from './processes/output-lines.ts'
import { Registry } from './registry/registry.ts'
import { makeRuntimes } from './runtimes/index.ts'
import { runtimeSettings } from './runtimes/runtime-settings.ts'
import type { Surroundings } from './surroundings.ts'

/** The product, put together and not yet listening. */
export type Presage = {
  readonly market: SeriesStore
  /** Where market data goes in, as through the gateway. */
  readonly intake: Intake
  readonly features: FeatureService
  readonly feeds: Feeds
  readonly models: ModelService
  readonly predictions: PredictionService
  readonly readiness: Readiness
  /** Text of the admin key, when it was made just now. */
  readonly firstKey: string | undefined
  readonly keyFile: string
  /** Is the admin key one of the settings? Then no file has it. */
  readonly isKeyGiven: boolean
  /** Listens, and then loads what is to be loaded; gives the address once requests are answered. */
  start(): Promise<string>
  /** Finishes what goes on, then gives everything back. True if nothing had to be cut off. */
  stop(): Promise<boolean>
}

const decisionBytes = 2_500

async function composeKeys(
  { access, data }: Config,
  database: Database,
  clock: Clock,
): Promise<{ ring: KeyRing } & Pick<Presage, 'firstKey' | 'keyFile' | 'isKeyGiven'>> {
  const store = kyselyKeyStore(database)
  const keyFile = join(data.dir, 'admin.key')
  const isKeyGiven = access.adminKey !== undefined
  const firstKey = isKeyGiven ? undefined : await makeFirstKey(store, { clock, keyFile })
  return { ring: new KeyRing(await store.all(), access.adminKey), firstKey, keyFile, isKeyGiven }
}

type Preparing = { readonly launcher: Launcher; readonly preparation: PrepareProcess }

/** First of all: these two processes start one after the other, while this one has other things to do. */
function startPreparing({ log }: Surroundings): Preparing {
  const launcher = new Launcher()
  const preparation = new PrepareProcess(launcher, (line) => log.warn({ line }, 'loading process'))
  preparation.start()
  return { launcher, preparation }
}

function composeModels(
  config: Config,
  around: Surroundings,
  parts: Preparing & { readonly meter: PrometheusMeter; readonly registry: Registry; readonly features: FeatureService },
): ModelService {
  const { clock, random, log } = around
  const { launcher } = parts
  const said = { log: (line: OutputLine) => log.info({ line }, 'model runtime'), warn: (message: string) => log.warn({}, message) }
  const runtimes = makeRuntimes({ launcher, clock, random, meter: parts.meter, ...said }, runtimeSettings(config))
  return new ModelService({ ...parts, clock, runtimes, settings: config.models, log: (level, message) => log[level]({}, message) })
}

type Stores = { readonly database: Database; readonly registry: Registry; readonly meter: PrometheusMeter; readonly logs: ReturnType<typeof openDayLogs> }

async function composeStores(config: Config, { clock, ids }: Surroundings): Promise<Stores> {
  const meter = new PrometheusMeter()
  meter.measureProcess()
  const database = await openDatabase(join(config.data.dir, 'presage.db'))
  return { database, meter, registry: await Registry.open({ database, clock, ids }), logs: openDayLogs(config, { clock, meter }) }
}

function composeHealth(
  { clock, version }: Surroundings,
  parts: {
    readonly readiness: Readiness
    readonly models: ModelService
    readonly market: Market
    readonly feeds: Feeds
    readonly decisions: DecisionRing
    readonly history: HistoryKeeping
  },
): Health {
  const { readiness, models, market, feeds, decisions, history } = parts
  const healthy = (detail: string): HealthCheck => ({ status: 'healthy', detail })
  const probes = {
    api: () => healthy(readiness.phase),
    models: () => models.health(),
    database: () => models.records.health(),
    ...(market.sharedHealth ? { cache: market.sharedHealth } : {}),
    features: market.health,
    ...(feeds.any ? { feeds: () => feeds.health() } : {}),
    ...(history.health ? { history: history.health } : {}),
    events: () => healthy(`${decisions.usage().decisions} decisions in memory`),
  }
  return new Health({ probes, version, clock })
}

type Living = Preparing & {
  readonly log: Surroundings['log']
  readonly makeServer: () => Promise<GatewayServer>
  readonly models: ModelService
  readonly market: Market
  readonly feeds: Feeds
  readonly readiness: Readiness
  readonly history: HistoryKeeping
  readonly release: () => Promise<void>
}

/** Start and end of the process, each in the order that loses nothing. */
function lifecycle(config: Config, parts: Living): Pick<Presage, 'start' | 'stop'> {
  const { log, makeServer, models, launcher, preparation, market, feeds, readiness, history, release } = parts
  let server: GatewayServer | undefined
  const watch = new FolderWatch(config.models.dir, config.models.rescanMs, () => void models.scan())
  return {
    async start() {
      // Models come in threads and processes of their own while the gateway is loaded and made.
      const found = Promise.withResolvers<void>()
      const proven = models.scan(found.resolve)
      await Promise.race([found.promise, proven])
      for (const problem of inServerProblems(config.models.onnxInServer, models.entries)) log.warn({}, problem)
      server = await makeServer()
      const url = await server.listen()
      // Probes are answered, and what looks at the models, however long these take.
      readiness.reached('listening')
      tidyUp() // while model processes load
      await proven
      launcher.serve()
      preparation.serve()
      await market.shareSets()
      watch.start()
      feeds.start()
      readiness.reached('models')
      history.start()
      return url
    },
    async stop() {
      const wasReady = readiness.ready
      readiness.drain()
      if (wasReady) await server?.lameDuck()
      watch.stop()
      await feeds.stop()
      const clean = (await server?.drain()) ?? true
      await Promise.all([models.close(), history.close()])
      await release()
      return clean
    },
  }
}

/** Constructs every service and hands them to each other: the only place that does. Throws `store_unavailable`, `validation_failed`. */
export async function compose(config: Config, around: Surroundings): Promise<Presage> {
  tuneEngine()
  const preparing = startPreparing(around)
  const { launcher } = preparing
  try {
    const presage = await composeAround(preparing, config, around)
    const stop = async (): Promise<boolean> => {
      try {
        return await presage.stop()
      } finally {
        await launcher.close()
      }
    }
    return { ...presage, stop }
  } catch (error) {
    await launcher.close()
    throw error
  }
}

async function composeAround(preparing: Preparing, config: Config, around: Surroundings): Promise<Presage> {
  const { clock, ids } = around
  const { database, registry, meter, logs } = await composeStores(config, around)
  const data = await composeMarket({ ...around, config, meter, logs })
  const { market, intake, features } = data
  const feeds = composeFeeds(config, around, { intake, market, meter })
  for (const set of features.sets()) await features.prove(set)
  const models = composeModels(config, around, { ...preparing, meter, registry, features })
  const { ring, ...key } = await composeKeys(config, database, clock)
  const decisions = new DecisionRing({ decisions: config.decisions.remember, bytes: config.decisions.remember * decisionBytes })
  const history = composeHistory(config, { ...around, meter }, { decisions, features, logs })
  const routes = { routes: config.routes, defaultModel: config.defaultModel }
  const predictions = new PredictionService({ models, features, routes, decisions, meter, clock, ids })
  const readiness = new Readiness()
  const health = composeHealth(around, { readiness, models, market: data, feeds, decisions, history })
  const gateway: GatewayDeps = {
    ...around,
    config: config.gateway,
    meter,
    keys: ring,
    predictions,
    decisions,
    market: intake,
    flow: intake,
    feeds,
    features,
    models: Object.assign(new ModelAdministration(models, registry), { acquire: models.acquire.bind(models) }),
    health,
    readiness,
    metrics: meter,
  }
  const release = async (): Promise<void> => {
    await data.close()
    await database.destroy()
  }
  const makeServer = async (): Promise<GatewayServer> => (await import('./gateway/server.ts')).createServer(gateway)
  const parts = { models, feeds, readiness }
  const life = lifecycle(config, { ...parts, ...preparing, log: around.log, market: data, makeServer, history, release })
  return { ...parts, market, intake, features, predictions, ...key, ...life }
}
