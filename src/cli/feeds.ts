import { type Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import { ServingError } from '../contracts/error.ts'
import type { FeedsResponse } from '../contracts/feeds.ts'
import { tryExchange } from '../feeds/exchange/try-exchange.ts'
import { feedSettings, type FeedSettings, type FeedWish } from '../feeds/feed-settings.ts'
import { systemClock } from '../system.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'
import { RunningServer, type ServerOptions, withKeyOptions } from './running-server.ts'
import { tableLines } from './table.ts'

type CheckOptions = ConfigOptions & { readonly patience: number }

const seconds = (value: number | null): string => (value === null ? 'never' : `${value.toFixed(value < 10 ? 1 : 0)} s`)

const newestOf = ({ symbol, timeframe, taken_here: here, age_s: age }: FeedsResponse['feeds'][number]['series'][number]): string[] => [
  `${symbol} ${timeframe}`,
  here ? seconds(age) : 'elsewhere',
]

function rowsOf({ exchange, phase, detail, series, last_event_age_s: heard, counts }: FeedsResponse['feeds'][number]): string[][] {
  const shared = [exchange, phase, seconds(heard), String(counts['gapFilled'] ?? 0), String(counts['reconnects'] ?? 0)]
  const names = series.length === 0 ? [['', '']] : series.map(newestOf)
  return names.map(([name = '', age = ''], i) => (i === 0 ? [...shared, name, age, detail] : ['', '', '', '', '', name, age, '']))
}

async function list(options: ServerOptions): Promise<void> {
  const { feeds } = await (await RunningServer.at(options)).get<FeedsResponse>('/market/feeds')
  if (feeds.length === 0) console.log('No feed is configured: see docs/market-data.md')
  else console.log(tableLines(['exchange', 'phase', 'heard', 'filled', 'reconnects', 'series', 'newest bar', 'detail'], feeds.flatMap(rowsOf)).join('\n'))
}

function wanted(words: readonly string[], options: ConfigOptions): FeedSettings[] {
  const [exchange, ...symbols] = words
  const configured = loadConfig(sourcesOf(options)).feeds as readonly FeedWish[]
  const known = configured.filter((feed) => exchange === undefined || feed.exchange === exchange)
  if (exchange !== undefined && (symbols.length > 0 || known.length === 0))
    return [feedSettings({ streams: ['bars', 'trades', 'books'], ...known[0], exchange, symbols: symbols.length > 0 ? symbols : ['BTC/USDT'] })]
  if (known.length === 0) throw new ServingError('validation_failed', 'No feed is configured; name an exchange: presage feeds check binance BTC/USDT')
  return known.map(feedSettings)
}

async function check(words: readonly string[], { patience, ...options }: CheckOptions): Promise<void> {
  for (const settings of wanted(words, options)) {
    console.log(`${settings.exchange}, ${settings.symbols.join(', ')}`)
    for await (const { what, worked, told } of tryExchange(settings, { clock: systemClock, patienceMs: patience * 1_000 })) {
      console.log(`  ${worked ? 'ok    ' : 'FAILED'}  ${what.padEnd(16)}  ${told}`)
      if (!worked) process.exitCode = 1
    }
  }
  // Exchanges of ccxt leave timers behind that would hold the process for minutes.
  process.exit()
}

function parsePatience(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 600)) throw new InvalidArgumentError('A number of seconds, up to 600.')
  return value
}

const examples = `
Examples:
  presage feeds check binance BTC/USDT     does the exchange answer, and what comes
  presage feeds check                      the same for every configured feed
  presage feeds list                       how the feeds of a running server are
`

/** Adds `presage feeds list` and `presage feeds check`: live market data of exchanges. */
export function registerFeeds(program: Command): void {
  const feeds = program.command('feeds').description('live market data of exchanges').addHelpText('after', examples)
  withKeyOptions(feeds.command('list'), 'features:read')
    .description('every feed of a running server with its state')
    .option('--url <url>', 'the server', 'http://127.0.0.1:8080')
    .action(list)
  withConfigOptions(feeds.command('check'))
    .description('asks an exchange once for everything that a feed needs, and prints what came; exit code 1 if anything failed')
    .argument('[exchange-and-symbols...]', 'an id of ccxt and symbols; default: the configured feeds')
    .option('--patience <seconds>', 'how long to wait for each answer', parsePatience, 30)
    .action(check)
}
