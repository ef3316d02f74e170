import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Book, FlowReport, Funding, Trade } from '../contracts/flow.ts'
import { readFlow } from '../history/read-flow.ts'
import { inChunks, post, requireTaken } from './post-rows.ts'
import { ProgressLine } from './progress-line.ts'
import { RunningServer, type ServerOptions, withKeyOptions } from './running-server.ts'

type FlowCommandOptions = ServerOptions & { readonly symbol: string }

const shownReasons = 5
const rowsPerPost = { ticks: 5_000, books: 200, funding: 5_000 } as const
/** Name of the rows in the body of each route. */
const rowsField = { ticks: 'ticks', books: 'books', funding: 'rates' } as const
type Kind = keyof typeof rowsField

function rowOf(event: Trade | Book | Funding): unknown[] {
  if ('bids' in event) return [event.time, event.bids, event.asks]
  if ('rate' in event) return [event.time, event.rate, event.nextTime]
  return [event.time, event.price, event.size, event.side ?? null, ...(event.id === undefined ? [] : [event.id])]
}

async function ingestFlow(kind: Kind, file: string, options: FlowCommandOptions): Promise<void> {
  const { symbol } = options
  const server = await RunningServer.at(options)
  const size = (await stat(file).catch(() => ({ size: 0 }))).size
  const progress = new ProgressLine(`ingest ${kind} ${symbol}`)
  const total = { accepted: 0, unchanged: 0, late: 0, quarantined: 0 }
  const reasons: string[] = []
  let [bytes, sent] = [0, 0]
  for await (const events of inChunks(
    readFlow(kind, file, (read) => (bytes += read)),
    rowsPerPost[kind],
  )) {
    const report = await post<FlowReport>(server, `/market/${kind}`, JSON.stringify({ symbol, [rowsField[kind]]: events.map(rowOf) }))
    for (const result of ['accepted', 'unchanged', 'late', 'quarantined'] as const) total[result] += report[result]
    for (const { index, reason } of report.refused) if (reasons.length < shownReasons) reasons.push(`row ${sent + index + 1}: ${reason}`)
    sent += events.length
    progress.show(bytes / size, `${total.accepted} ${kind}`)
  }
  progress.end(`${total.accepted} accepted, ${total.unchanged} unchanged, ${total.late} late, ${total.quarantined} quarantined`)
  for (const reason of reasons) process.stderr.write(`  ${reason}\n`)
  requireTaken(file, { taken: total.accepted + total.unchanged + total.late, refused: total.quarantined, what: kind === 'funding' ? 'rates' : kind })
}

const descriptions = {
  ticks:
    'send trades of one symbol: CSV (time, price, size, side, id; or a header that names them) or a JSON array a line, plain or .gz; or sealed ones in Parquet',
  books: 'send order books of one symbol: [time_ms, bids, asks] in JSON a line, plain or .gz; or sealed ones in Parquet',
  funding:
    'send funding rates of a perpetual: CSV (time from which it was known, rate, time of its payment; or a header that names them) or a JSON array a line, plain or .gz',
} as const

/** `presage ingest ticks|books|funding FILE`: sends the trades, order books or funding rates of a file to a running server. */
export function registerIngestFlow(ingest: Command): void {
  for (const kind of ['ticks', 'books', 'funding'] as const)
    withKeyOptions(ingest.command(kind), 'market:write')
      .description(descriptions[kind])
      .argument('<file>', 'the file')
      .requiredOption('--symbol <symbol>', 'e.g. BTC/USDT')
      .option('--url <url>', 'the server', 'http://127.0.0.1:8080')
      .action((file: string, options: FlowCommandOptions) => ingestFlow(kind, file, options))
}
