import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { defineFeature } from '../features/definition.ts'
import type { CalendarBars } from '../features/vector-rows.ts'
import { HistoryProcess } from '../history/history-process.ts'
import { sealedBars } from '../history/sealed-bars.ts'
import { digestOfBars } from '../market/bar-digest.ts'
import { readWhole } from '../history/read-bars.ts'
import { parseBarTime } from '../market/bar-time.ts'
import { checkedBars } from '../market/checked-bars.ts'
import { systemClock } from '../system.ts'
import { calendarOf, type CalendarOptions, withCalendar } from './calendar-option.ts'
import type { FeatureChoice } from './chosen-features.ts'
import { parseTimeframe, splitIds } from './feature-options.ts'
import { withPlace } from './placed-option.ts'

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

/** The checked bars of one symbol, the calendar that they follow, how many were refused, and where they are from. */
export type SourceBars = CalendarBars & { readonly quarantined: number; readonly from: Readonly<Record<string, unknown>> }

/** Such bars by symbol. */
export type Sources = ReadonlyMap<string, SourceBars>

/** A moment on the command line as ms since the epoch. */
export function parseMoment(text: string): number {
  const ms = parseBarTime(text)
  if (ms === undefined) throw new InvalidArgumentError('A day or a moment in UTC, e.g. 2024-01-15 or 2024-01-15T10:30:00Z.')
  return ms
}

/** Adds the options that say which features over which bars. */
export const withSourceOptions = (command: Command): Command =>
  withPlace(withPlace(withCalendar(command), 'history', 'history of a server'), 'sets', 'folder with declared sets')
    .requiredOption('--symbols <symbols>', 'one or more, e.g. BTC/USDT,ETH/USDT', splitIds)
    .option('--bars <files...>', 'bars of each symbol in their order: CSV or JSON, plain or .gz, or Parquet (default: the history of a server)')
    .option('--known-at <moment>', 'bars of the history as they were known then: later revisions and late bars are not there', parseMoment)
    .requiredOption('--timeframe <timeframe>', 'length of the bars', parseTimeframe)
    .option('--features <ids>', 'comma-separated ids, e.g. "close@1m,rsi(14)@1m"', splitIds)
    .option('--set <set>', 'a declared set by name or file, or a YAML file with a list of ids or a model manifest')
    .option('--from <moment>', 'first close that becomes a row; bars before it warm the features up', parseMoment)
    .option('--to <moment>', 'rows end before this close', parseMoment)

type CalendarSource = SourceOptions & { readonly calendars: Calendars }

async function fileBars(symbol: string, file: string, { timeframe, calendar: wished, calendars }: CalendarSource): Promise<SourceBars> {
  const { calendar: said, bars: inputs } = await readWhole(file, { symbol, timeframe })
  const calendar = calendarOf(calendars, { name: file, said, wished, timeframe })
  const { bars, quarantined } = checkedBars({ symbol, timeframe, calendar, calendars }, inputs, systemClock)
  if (bars.length === 0) throw new ServingError('validation_failed', `${file}: no bar could be used${quarantined[0] ? `: ${quarantined[0].reason}` : ''}`)
  const from = { symbol, calendar, file: basename(file), sha256: hash('sha256', await readFile(file)) }
  return { calendar, bars, quarantined: quarantined.length, from }
}

async function historyBars(symbols: readonly string[], options: CalendarSource): Promise<Map<string, SourceBars>> {
  const { timeframe, history, knownAt, calendar: wished, calendars } = options
  await using process = new HistoryProcess()
  const found = new Map<string, SourceBars>()
  for (const symbol of symbols) {
    const { bars, calendar: said } = await sealedBars(process, history, { symbol, timeframe, span: knownAt === undefined ? {} : { knownAt } })
    const calendar = calendarOf(calendars, { name: `${symbol} in ${history}`, said, wished, timeframe })
    const [first, last] = [bars[0], bars.at(-1)]
    if (!first || !last) throw new ServingError('series_not_found', `No bar of ${symbol} was known at ${new Date(knownAt ?? 0).toISOString()}`)
    const known = knownAt === undefined ? {} : { known_at: formatInstant(knownAt) }
    const from = {
      symbol,
      calendar,
      history,
      ...known,
      bars: bars.length,
      first: formatInstant(first.openTime),
      last: formatInstant(last.openTime),
      sha256: digestOfBars({ symbol, timeframe }, bars),
    }
    found.set(symbol, { calendar, bars, quarantined: 0, from })
  }
  return found
}

/** Throws `validation_failed` for a choice of rows or bars that contradicts itself, of which one part would be passed over. */
function checkChoice({ bars, knownAt, from = -Infinity, to = Infinity }: SourceOptions): void {
  if (bars !== undefined && knownAt !== undefined)
    throw new ServingError(
      'validation_failed',
      '--known-at chooses among the versions of the bars of a history, and --bars names files instead: leave one of them out (--history DIR names a history)',
    )
  if (from >= to)
    throw new ServingError('validation_failed', `No row lies between --from ${formatInstant(from)} and --to ${formatInstant(to)}: rows end before --to`)
}

/** The bars of every symbol in the order of the symbols, then those of others that the features read. Throws `validation_failed`, `unknown_feature`, `series_not_found`. */
export async function sourceBars(
  options: SourceOptions,
  { features, catalogue, calendars }: { readonly features: readonly string[]; readonly catalogue: Catalogue; readonly calendars: Calendars },
): Promise<Sources> {
  checkChoice(options)
  const { symbols, bars, timeframe } = options
  const partners = new Set(features.flatMap((id) => defineFeature(id, timeframe, catalogue).partner ?? [])).difference(new Set(symbols))
  if (bars === undefined) return historyBars([...symbols, ...partners], { ...options, calendars })
  if (partners.size > 0)
    throw new ServingError('validation_failed', `The features read bars of ${[...partners].join(', ')} too: add them to --symbols, and their files to --bars`)
  if (bars.length !== symbols.length)
    throw new ServingError('validation_failed', `--bars names ${bars.length} files for ${symbols.length} symbols: one each, in their order`)
  const found = new Map<string, SourceBars>()
  for (const [i, symbol] of symbols.entries()) found.set(symbol, await fileBars(symbol, bars[i] as string, { ...options, calendars }))
  return found
}

/** By which calendars bars were read, in words: `calendar XNYS`, or `calendars XNYS (SPY/USD), continuous (BTC/USDT)`. */
export function calendarsIn(series: ReadonlyMap<string, { readonly calendar: Calendar }>): string {
  const groups = Map.groupBy(series.keys(), (symbol) => series.get(symbol)?.calendar)
  if (groups.size === 1) return `calendar ${[...groups.keys()][0]}`
  return `calendars ${[...groups].map(([calendar, symbols]) => `${calendar} (${symbols.join(', ')})`).join(', ')}`
}

/** From the first open to the last close of some bars. */
export const spanOf = (bars: readonly Bar[] = []): { readonly from: number; readonly to: number } => ({
  from: bars[0]?.openTime ?? 0,
  to: bars.at(-1)?.closeTime ?? 1,
})
