import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { Calendars } from '../calendars/calendars.ts'
import type { Bar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { defineFeature } from '../features/definition.ts'
import { HistoryProcess } from '../history/history-process.ts'
import { sealedBars } from '../history/sealed-bars.ts'
import { digestOfBars } from '../market/bar-digest.ts'
import { readBars } from '../history/read-bars.ts'
import { parseBarTime } from '../market/bar-time.ts'
import type { BarInput } from '../market/check-bar.ts'
import { checkedBars } from '../market/checked-bars.ts'
import { systemClock } from '../system.ts'
import { type CalendarOptions, withCalendar } from './calendar-option.ts'
import type { FeatureChoice } from './chosen-features.ts'
import { parseTimeframe, splitIds } from './feature-options.ts'

/** Which features over which bars, as the command line says it. Closes in [from, to), ms. */
export type SourceOptions = FeatureChoice &
  CalendarOptions & {
    readonly symbols: readonly string[]
    readonly bars?: readonly string[]
    readonly history: string
    readonly knownAt?: number
    readonly from?: number
    readonly to?: number
  }

/** The checked bars of one symbol, how many were refused, and where they are from. */
export type SourceBars = { readonly bars: readonly Bar[]; readonly quarantined: number; readonly from: Readonly<Record<string, unknown>> }

/** A moment on the command line as ms since the epoch. */
export function parseMoment(text: string): number {
  const ms = parseBarTime(text)
  if (ms === undefined) throw new InvalidArgumentError('A day or a moment in UTC, e.g. 2024-01-15 or 2024-01-15T10:30:00Z.')
  return ms
}

/** Adds the options that say which features over which bars. */
export const withSourceOptions = (command: Command): Command =>
  withCalendar(command)
    .requiredOption('--symbols <symbols>', 'one or more, e.g. BTC/USDT,ETH/USDT', splitIds)
    .option('--bars <files...>', 'bars of each symbol in their order: CSV or JSON, plain or .gz, or Parquet (default: the history of a server)')
    .option('--history <dir>', 'history of a server', 'var/history')
    .option('--known-at <moment>', 'bars of the history as they were known then: later revisions and late bars are not there', parseMoment)
    .requiredOption('--timeframe <timeframe>', 'length of the bars', parseTimeframe)
    .option('--features <ids>', 'comma-separated ids, e.g. "close@1m,rsi(14)@1m"', splitIds)
    .option('--set <set>', 'a declared set by name or file, or a YAML file with a list of ids or a model manifest')
    .option('--sets <dir>', 'folder with declared sets', 'features')
    .option('--from <moment>', 'first close that becomes a row; bars before it warm the features up', parseMoment)
    .option('--to <moment>', 'rows end before this close', parseMoment)

async function fileBars(
  symbol: string,
  file: string,
  { timeframe, calendar, calendars }: SourceOptions & { readonly calendars: Calendars },
): Promise<SourceBars> {
  const inputs: BarInput[] = []
  for await (const bar of readBars(file)) inputs.push(bar)
  const { bars, quarantined } = checkedBars({ symbol, timeframe, calendar, calendars }, inputs, systemClock)
  if (bars.length === 0) throw new ServingError('validation_failed', `${file}: no bar could be used${quarantined[0] ? `: ${quarantined[0].reason}` : ''}`)
  return { bars, quarantined: quarantined.length, from: { symbol, file: basename(file), sha256: hash('sha256', await readFile(file)) } }
}

async function historyBars(symbols: readonly string[], { timeframe, history, knownAt }: SourceOptions): Promise<Map<string, SourceBars>> {
  await using process = new HistoryProcess()
  const found = new Map<string, SourceBars>()
  for (const symbol of symbols) {
    const bars = await sealedBars(process, history, { symbol, timeframe, span: knownAt === undefined ? {} : { knownAt } })
    const [first, last] = [bars[0], bars.at(-1)]
    if (!first || !last) throw new ServingError('series_not_found', `No bar of ${symbol} was known at ${new Date(knownAt ?? 0).toISOString()}`)
    const known = knownAt === undefined ? {} : { known_at: formatInstant(knownAt) }
    const from = {
      symbol,
      history,
      ...known,
      bars: bars.length,
      first: formatInstant(first.openTime),
      last: formatInstant(last.openTime),
      sha256: digestOfBars({ symbol, timeframe }, bars),
    }
    found.set(symbol, { bars, quarantined: 0, from })
  }
  return found
}

/** The bars of every symbol in the order of the symbols, then those of others that the features read. Throws `validation_failed`, `unknown_feature`, `series_not_found`. */
export async function sourceBars(
  options: SourceOptions,
  { features, catalogue, calendars }: { readonly features: readonly string[]; readonly catalogue: Catalogue; readonly calendars: Calendars },
): Promise<ReadonlyMap<string, SourceBars>> {
  const { symbols, bars, timeframe, calendar } = options
  calendars.periods(calendar, timeframe)
  const partners = new Set(features.flatMap((id) => defineFeature(id, timeframe, catalogue).partner ?? [])).difference(new Set(symbols))
  if (bars === undefined) return historyBars([...symbols, ...partners], options)
  if (partners.size > 0)
    throw new ServingError('validation_failed', `The features read bars of ${[...partners].join(', ')} too: add them to --symbols, and their files to --bars`)
  if (bars.length !== symbols.length)
    throw new ServingError('validation_failed', `--bars names ${bars.length} files for ${symbols.length} symbols: one each, in their order`)
  const found = new Map<string, SourceBars>()
  for (const [i, symbol] of symbols.entries()) found.set(symbol, await fileBars(symbol, bars[i] as string, { ...options, calendars }))
  return found
}

/** From the first open to the last close of some bars. */
export const spanOf = (bars: readonly Bar[] = []): { readonly from: number; readonly to: number } => ({
  from: bars[0]?.openTime ?? 0,
  to: bars.at(-1)?.closeTime ?? 1,
})
