import Type, { type Static } from 'typebox'
import { symbolGlobPattern, symbolPattern } from '../contracts/symbol.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { History } from './history-settings.ts'
import { modelName, Models } from './model-settings.ts'
import { count, longestMs, milliseconds, strict } from './setting-kinds.ts'

const Gateway = Type.Object(
  {
    host: Type.String({ description: 'Address to listen on; 0.0.0.0 opens the server to the network', default: '127.0.0.1', minLength: 1, maxLength: 255 }),
    port: Type.Integer({ description: 'TCP port; 0 lets the system choose', default: 8080, minimum: 0, maximum: 65_535 }),
    deadlineMs: milliseconds('Time that a prediction may take when the request does not say (header Request-Timeout-Ms)', 250),
    maxDeadlineMs: milliseconds('Longest time that a request may ask for by that header', 5_000),
    requestTimeoutMs: milliseconds('Time in which a whole request must have arrived', 10_000),
    bodyLimitBytes: Type.Integer({ description: 'Largest body', default: 1_048_576, minimum: 1_024, maximum: 67_108_864 }),
    maxInFlight: count('Requests answered at the same time; more are refused with `overloaded`', 512, 100_000),
    lameDuckMs: milliseconds(
      'Time after SIGTERM in which everything is still answered while `/readyz` says 503, for a load balancer to notice and send its requests elsewhere; 0 where there is none',
      0,
      0,
    ),
    drainTimeoutMs: milliseconds('Time for running requests to end after that', 10_000),
  },
  { ...strict, description: 'The HTTP door' },
)

const Access = Type.Object(
  {
    adminKey: Type.Optional(
      Type.String({
        description: 'A key with every scope, as `psk_live_…`; without it one is made at the first start and written to admin.key in the data folder',
        minLength: 16,
        maxLength: 256,
        secret: true,
      }),
    ),
  },
  { ...strict, description: 'API keys' },
)

const Data = Type.Object(
  { dir: Type.String({ description: 'Folder for all that the server remembers: metadata, bars, feature states', default: 'var', minLength: 1 }) },
  { ...strict, description: 'State on disk' },
)

const Python = Type.Object(
  {
    executable: Type.Optional(
      Type.String({ description: 'The Python that has the frameworks; without it, that of `presage python setup` in the data folder', minLength: 1 }),
    ),
    sandbox: Type.Enum(['auto', 'required', 'off'], {
      description:
        'Whether workers run in a box of bubblewrap without network and with read-only files: where it works, always (else no model is loaded), never',
      default: 'auto',
    }),
  },
  { ...strict, description: 'Workers for models in their own framework' },
)

const TradeSeries = Type.Object(
  {
    symbols: Type.String({ pattern: symbolGlobPattern, description: 'A symbol or a glob', maxLength: 85 }),
    calendar: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' })),
    clock: Type.Optional(
      Type.Enum(['live', 'replay'], { description: 'live (usual): minutes also end by the clock of the machine; replay: by their trades alone' }),
    ),
  },
  strict,
)

const Market = Type.Object(
  {
    keepBars: Type.Integer({ description: 'Bars kept of each series (at least 1,100)', default: 10_000, minimum: 1_100, maximum: 10_000_000 }),
    maxJump: Type.Number({
      description: 'Move of one bar, as a share of the price, that is not believed until the next bar confirms it; 0 believes every move',
      default: 0.5,
      minimum: 0,
      maximum: 100,
    }),
    quoteTolerance: Type.Number({
      description:
        'How far a move may lie from what other quotes of the same asset say (BTC/USDT by BTC/USD and USDT/USD), as a share of the price; where they are there they decide instead of maxJump; 0 asks no other quote',
      default: 0.05,
      minimum: 0,
      maximum: 1,
    }),
    barsFromTrades: Type.Array(TradeSeries, {
      description: 'Whose 1m bars are made from the trades that come in, e.g. [{symbols: BTC/USDT}]; those of others come in themselves',
      default: [],
    }),
    silenceMs: milliseconds('How long after a trade minutes without another count as empty; later ones are missing, as the feed may be down', 300_000, 60_000),
    calendars: Type.String({ description: 'Folder with calendars of your own, NAME.yaml; it need not be there', default: 'calendars', minLength: 1 }),
    persist: Type.Boolean({ description: 'Write bars and feature states to the data folder, so that a restart continues where it stopped', default: true }),
  },
  { ...strict, description: 'Market data' },
)

const Features = Type.Object(
  {
    historyRows: count('Rows kept of each feature set, for requests as of a moment in the past', 4_096, 1_000_000),
    dir: Type.String({ description: 'Folder with declared sets, NAME.yaml; it need not be there', default: 'features', minLength: 1 }),
    modulePaths: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Files, or folders of files, in JavaScript or TypeScript that export features of your own: their code runs in this process, as its user',
      default: [],
    }),
    sentinelShare: Type.Number({
      description: 'Share of the vectors of closing bars that are computed again from the stored bars, and compared bit for bit; 0 compares none',
      default: 0.01,
      minimum: 0,
      maximum: 1,
    }),
  },
  { ...strict, description: 'Features' },
)

const Redis = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description:
          'The Redis (or Valkey) that replicas share features through, as redis://[USER:PASSWORD@]HOST[:PORT][/DB]; rediss:// for TLS. Without it features stay in this process',
        maxLength: 2_048,
        secret: true,
      }),
    ),
    prefix: Type.String({ description: 'Begin of every key', default: 'presage', pattern: '^[A-Za-z0-9_.:-]{1,64}$' }),
    replica: Type.Optional(
      Type.String({
        description:
          'Name of this replica in messages about who writes a symbol, e.g. HOST:PORT where it takes bars; without it the name of the machine and the id of the process',
        pattern: '^[A-Za-z0-9_.:/\\[\\]-]{1,128}$',
      }),
    ),
    commandTimeoutMs: milliseconds('Time that Redis may take for one command', 250),
    leaseMs: milliseconds('How long a replica that is gone stays the writer of its symbols: then another takes over', 10_000, 100),
    recentRows: count('Moments of a symbol, the newest, that replicas which do not write it can read', 16, 1_000),
    mirrorSymbols: count('Symbols of other replicas whose vectors are kept in memory; beyond that, those that are not read go', 2_000, 1_000_000),
  },
  { ...strict, description: 'The online store that replicas share' },
)

const Decisions = Type.Object(
  { remember: count('Decisions kept in memory for GET /decisions/{id}', 100_000, 10_000_000) },
  { ...strict, description: 'Answered predictions' },
)

const Log = Type.Object(
  { level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], { description: 'Least severe level that is written', default: 'info' }) },
  { ...strict, description: 'Logs' },
)

const Route = Type.Object(
  {
    symbols: Type.String({ pattern: symbolGlobPattern, description: 'A symbol or a glob, e.g. BTC/USDT or */USDT', maxLength: 85 }),
    model: Type.String({ ...modelName, description: 'The model that answers' }),
  },
  strict,
)

const FeedSettings = Type.Object(
  {
    exchange: Type.String({ pattern: '^[a-z0-9]{2,40}$', description: 'Its id in ccxt' }),
    symbols: Type.Array(Type.String({ pattern: symbolPattern, maxLength: 85 }), { minItems: 1, maxItems: 1_000 }),
    timeframes: Type.Optional(Type.Array(Type.Enum(Object.keys(timeframes) as Timeframe[]), { minItems: 1 })),
    streams: Type.Optional(Type.Array(Type.Enum(['bars', 'trades', 'books']), { minItems: 1 })),
    calendar: Type.Optional(Type.String({ pattern: '^(?!as_received$)[A-Za-z0-9_-]{1,32}$' })),
    history: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
    silenceMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: longestMs })),
    bookMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
    sandbox: Type.Optional(Type.Boolean()),
    urls: Type.Optional(Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }))),
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  strict,
)

/** All that an operator can set: descriptions, defaults and limits in one place. The name of an environment variable is the path of its setting. */
export const ConfigSchema = Type.Object(
  {
    gateway: Gateway,
    access: Access,
    data: Data,
    models: Models,
    python: Python,
    routes: Type.Array(Route, {
      description: 'Which model answers for which symbols; the first that fits, e.g. [{symbols: "*/USDT", model: btc_momentum}]',
      default: [],
    }),
    defaultModel: Type.Optional(Type.String({ ...modelName, description: 'The model for symbols without a route, if its manifest admits them' })),
    market: Market,
    feeds: Type.Array(FeedSettings, {
      description:
        'Exchanges whose market data comes in live, each in a process of its own ([market-data.md](market-data.md)), e.g. [{exchange: binance, symbols: [BTC/USDT], streams: [bars, trades, books]}]',
      default: [],
    }),
    features: Features,
    redis: Redis,
    history: History,
    decisions: Decisions,
    log: Log,
  },
  strict,
)

/** A checked configuration; no part of it ever changes. */
export type Config = DeepReadonly<Static<typeof ConfigSchema>>
type DeepReadonly<T> = T extends (infer Item)[] ? readonly DeepReadonly<Item>[] : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T
