import { stat } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { IngestBarsResponse } from '../contracts/market.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { calendarOfFile, readBars } from '../history/read-bars.ts'
import type { BarInput } from '../market/check-bar.ts'
import { calendarHelp } from './calendar-option.ts'
import { parseTimeframe } from './feature-options.ts'
import { registerIngestFlow } from './ingest-flow.ts'
import { inChunks, post, requireTaken } from './post-rows.ts'
import { ProgressLine } from './progress-line.ts'
import { RunningServer, type ServerOptions, withKeyOptions } from './running-server.ts'

type IngestCommandOptions = ServerOptions & {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly calendar?: string
  readonly clock?: string
}

const barsPerPost = 2_000
const shownReasons = 5

const rowOf = ({ openTime, open, high, low, close, volume, takerBuyVolume }: BarInput): number[] => [
  openTime,
  open,
  high,
  low,
  close,
  volume,
  ...(takerBuyVolume === undefined ? [] : [takerBuyVolume]),
]

function add(total: IngestBarsResponse, part: IngestBarsResponse): IngestBarsResponse {
  return {
    accepted: total.accepted + part.accepted,
    revised: total.revised + part.revised,
    unchanged: total.unchanged + part.unchanged,
    quarantined: [...total.quarantined, ...part.quarantined],
  }
}

async function ingestBars(file: string, options: IngestCommandOptions): Promise<void> {
  const { symbol, timeframe, clock } = options
  const said = await calendarOfFile(file, { symbol, timeframe })
  const calendar = options.calendar ?? said
  const server = await RunningServer.at(options)
  const size = (await stat(file).catch(() => ({ size: 0 }))).size
  const progress = new ProgressLine(`ingest ${symbol} ${timeframe}`)
  let bytes = 0
  let total: IngestBarsResponse = { accepted: 0, revised: 0, unchanged: 0, quarantined: [] }
  for await (const bars of inChunks(readBars(file, { timeframe, onBytes: (read) => (bytes += read) }), barsPerPost)) {
    total = add(total, await post<IngestBarsResponse>(server, '/market/bars', JSON.stringify({ symbol, timeframe, calendar, clock, bars: bars.map(rowOf) })))
    progress.show(bytes / size, `${total.accepted} bars`)
  }
  const { accepted, revised, unchanged, quarantined } = total
  progress.end(`${accepted} accepted, ${revised} revised, ${unchanged} unchanged, ${quarantined.length} quarantined`)
  for (const { open_time_ms: openTime, reason } of quarantined.slice(0, shownReasons))
    process.stderr.write(`  ${new Date(openTime).toISOString()}  ${reason}\n`)
  if (quarantined.length > shownReasons) process.stderr.write(`  and ${quarantined.length - shownReasons} more\n`)
  requireTaken(file, { taken: accepted + revised + unchanged, refused: quarantined.length, what: 'bars' })
}

const examples = `
Examples:
  presage ingest bars btc-1m.csv.gz --symbol BTC/USDT --timeframe 1m
  presage ingest bars spy-1m.csv.gz --symbol SPY/USD --timeframe 1m --calendar XNYS --clock replay
  presage ingest ticks trades.csv --symbol BTC/USDT --url http://127.0.0.1:8080 --key-file var/admin.key
  presage ingest funding rates.csv --symbol BTC/USDT:USDT
`

/** `presage ingest bars|ticks|books FILE`: sends what a file holds to a running server. */
export function registerIngest(program: Command): void {
  const ingest = program.command('ingest').description('send market data to a running server').addHelpText('after', examples)
  registerIngestFlow(ingest)
  const bars = ingest.command('bars')
  withKeyOptions(bars, 'market:write')
    .description(
      'send closed bars of one series: CSV, JSON, plain or .gz, or Parquet; sending the same file twice changes nothing; exit code 1 if none was taken',
    )
    .argument('<file>', 'the file')
    .requiredOption('--symbol <symbol>', 'e.g. BTC/USDT')
    .requiredOption('--timeframe <timeframe>', 'length of the bars, e.g. 1m', parseTimeframe)
    .option('--calendar <name>', `for a new series (default: the one that the file says); ${calendarHelp}`)
    .addOption(new Option('--clock <clock>', 'for a new series; replay: now is its last close').choices(['live', 'replay']))
    .option('--url <url>', 'the server', 'http://127.0.0.1:8080')
    .addHelpText('after', examples)
    .action(ingestBars)
}
