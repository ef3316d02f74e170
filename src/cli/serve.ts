import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import type { Calendar } from '../contracts/bar.ts'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { ServingError } from '../contracts/error.ts'
import { endOnSignal, run } from '../main.ts'
import { systemClock, systemTimer } from '../system.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'
import { calendarHelp } from './calendar-option.ts'
import { demoFeed, type Feed, fileFeed } from './feed.ts'
import { Narrator } from './narrator.ts'
import { wholeNumberWithin } from './number-option.ts'
import { replayFeed } from './replay-feed.ts'
import { welcome } from './welcome.ts'

type ServeOptions = ConfigOptions & {
  readonly demo?: boolean
  readonly replay?: string
  readonly symbol?: string
  readonly timeframe: Timeframe
  readonly calendar?: Calendar
  readonly speed?: number
  readonly history: number
}

const demoSettings = fileURLToPath(new URL('../../examples/demo.yaml', import.meta.url))
const usualSpeed = 60

function parseSpeed(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1e6)) throw new InvalidArgumentError('A number above 0, e.g. 60: an hour of bars in a minute.')
  return value
}
function parseTimeframe(text: string): Timeframe {
  if (!isTimeframe(text)) throw new InvalidArgumentError(`One of ${Object.keys(timeframes).join(', ')}.`)
  return text
}

/** The bars to replay: those of a file, else the demonstration's, else none. */
async function chooseFeed({ demo, replay, symbol, timeframe, calendar, speed, history }: ServeOptions): Promise<Feed | undefined> {
  if (replay === undefined) return demo === true ? demoFeed(speed) : undefined
  if (symbol === undefined) throw new ServingError('validation_failed', '--replay needs --symbol, e.g. --symbol BTC/USDT')
  return fileFeed({ path: replay, key: { symbol, timeframe }, wished: calendar, speed: speed ?? usualSpeed, history })
}

async function serve(options: ServeOptions): Promise<void> {
  const isDemo = options.demo === true || options.replay !== undefined
  const useDemoSettings = isDemo && options.config === undefined && !existsSync('presage.yaml')
  const feed = await chooseFeed(options)
  const running = await run(loadConfig(sourcesOf(useDemoSettings ? { ...options, config: demoSettings } : options)))
  process.stdout.write(welcome(running, feed))
  if (!feed) return endOnSignal(running, () => {})
  const { market, intake, predictions } = running.presage
  const { replay, stop } = replayFeed(feed, { market, intake, predictions, narrator: new Narrator(feed.key), clock: systemClock, timer: systemTimer })
  endOnSignal(running, stop)
  replay.start()
  if ((await replay.done) === 'ended') process.stdout.write('The replay has ended; the server goes on.\n')
}

/** Adds `presage serve`: the server, and bars replayed into it when asked for. */
export function registerServe(program: Command): void {
  withConfigOptions(program.command('serve').description('start the server'))
    .option('--demo', 'with the example models and a replay of real URTH/USD bars')
    .option('--no-demo', 'start empty (the default; takes --demo back)')
    .option('--replay <file>', 'replay the bars of a CSV or JSON file (may be .gz) or a Parquet file, with the example models')
    .option('--symbol <symbol>', 'symbol of the replayed bars, e.g. BTC/USDT')
    .addOption(new Option('--timeframe <timeframe>', 'timeframe of the replayed bars').argParser(parseTimeframe).default('1m'))
    .option('--calendar <name>', `calendar of the replayed bars (default: the one that the file says, else continuous); ${calendarHelp}`)
    .option('--speed <factor>', 'how many times faster than they happened', parseSpeed)
    .option('--history <bars>', 'bars that are there at once, for features to warm up on', wholeNumberWithin(0, 9_999_999, 'A whole number of bars'), 3000)
    .addHelpText(
      'after',
      `
Examples:
  presage serve --demo
  presage serve --set gateway.port=9090
  presage serve --replay btc-1m.csv.gz --symbol BTC/USDT --speed 60
  presage serve --replay spy-1m.csv.gz --symbol SPY/USD --calendar XNYS`,
    )
    .action(serve)
}
