import type { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import { readRanges } from '../contracts/written-ranges.ts'
import type { Calendars } from '../calendars/calendars.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { defineFeature } from '../features/definition.ts'
import { type BarsAsTheyCame, KnownOrigins } from '../features/known-vectors.ts'
import { HistoryProcess } from '../history/history-process.ts'
import { sealedVersions } from '../history/sealed-bars.ts'
import { type SealedSet, sealedSets, sealedVectors } from '../history/sealed-vectors.ts'
import { systemClock } from '../system.ts'
import { type CalendarFolder, calendarsOf, withCalendarFolder } from './calendar-option.ts'
import { catalogueOf, type ModuleOptions, splitIds, withModules } from './feature-options.ts'
import { withPlace } from './placed-option.ts'
import { ProgressLine } from './progress-line.ts'
import { calendarsIn, parseMoment } from './series-source.ts'
import { tableLines } from './table.ts'
import { type ColumnTally, VectorVerdict } from './verify-vectors.ts'

type VerifyOptions = ModuleOptions &
  CalendarFolder & { readonly history: string; readonly from?: number; readonly to?: number; readonly symbols?: readonly string[] }

/** What recomputing needs beside what the options say. */
type Work = {
  readonly process: HistoryProcess
  readonly history: string
  readonly catalogue: Catalogue
  readonly calendars: Calendars
  readonly progress: ProgressLine
  /** The calendars of the series that were read, by symbol. */
  readonly read: Map<string, Pick<BarsAsTheyCame, 'calendar'>>
}

/** The series of a symbol and of those that its features read, as they came; undefined if one of them is not sealed here. */
async function seriesOf(symbol: string, { set }: SealedSet, { process, history, catalogue, read }: Work): Promise<BarsAsTheyCame[] | undefined> {
  const partners = set.features.flatMap((id) => defineFeature(id, set.timeframe, catalogue).partner ?? [])
  const found: BarsAsTheyCame[] = []
  for (const of of new Set([symbol, ...partners])) {
    try {
      const series = { symbol: of, ...(await sealedVersions(process, history, { symbol: of, timeframe: set.timeframe })) }
      read.set(of, { calendar: series.calendar })
      found.push(series)
    } catch (error) {
      if (error instanceof ServingError && error.code === 'series_not_found') return undefined
      throw error
    }
  }
  return found
}

/** Compares all vectors of a set; gives the verdict, and the symbols of which no bars are there. */
async function verifySet(sealed: SealedSet, options: VerifyOptions, work: Work): Promise<{ readonly verdict: VectorVerdict; readonly unknown: string[] }> {
  const { set } = sealed
  const { features, timeframe, gaps, ranges } = set
  const verdict = new VectorVerdict(set)
  const unknown: string[] = []
  const symbols = sealed.symbols.filter((symbol) => options.symbols?.includes(symbol) ?? true)
  for (const [i, symbol] of symbols.entries()) {
    const bars = await seriesOf(symbol, sealed, work)
    if (!bars) unknown.push(symbol)
    if (!bars) continue
    const shared = { timeframe, features, ...(gaps && { gaps }), ...(ranges && { ranges: readRanges(features, ranges) }) }
    const known = new KnownOrigins({ ...shared, bars, catalogue: work.catalogue, calendars: work.calendars }, systemClock)
    for await (const vector of sealedVectors(work.process, sealed, { ...options, symbol })) {
      verdict.add(symbol, vector, known)
      work.progress.show(i / symbols.length, symbol)
    }
  }
  return { verdict, unknown }
}

const cell = (value: number | string): string => (Number.isNaN(value) ? 'none' : String(value))

function row(name: string, { compared, different, unplaced, first }: ColumnTally): string[] {
  const where =
    first &&
    `${first.symbol} as of ${formatInstant(first.vector.asOf)}, served ${cell(first.served)}, recomputed ${cell(first.recomputed)}, prediction ${first.vector.id}`
  return [name, ...[compared, different, unplaced].map(String), where ?? '']
}

function report({ set }: SealedSet, { verdict, unknown }: Awaited<ReturnType<typeof verifySet>>): string[] {
  const names = [...set.features, 'older rows of windows']
  const rows = verdict.columns
    .map((tally, column) => row(names[column] as string, tally))
    .filter(([, compared], column) => column < set.features.length || compared !== '0')
  const missing = unknown.length === 0 ? [] : [`no bars are sealed of ${unknown.join(', ')}`]
  return [
    `set ${set.feature_set_digest.slice(0, 16)} on ${set.timeframe}: ${verdict.vectors} vectors`,
    ...missing,
    '',
    ...tableLines(['feature', 'compared', 'different', 'unplaced', 'first difference'], rows),
    '',
  ]
}

async function verify(options: VerifyOptions): Promise<void> {
  const catalogue = await catalogueOf(options)
  const { history } = options
  await using reader = new HistoryProcess()
  const progress = new ProgressLine('verify')
  const work = { process: reader, history, catalogue, calendars: calendarsOf(options), progress, read: new Map<string, Pick<BarsAsTheyCame, 'calendar'>>() }
  let [vectors, compared, different] = [0, 0, 0]
  for (const sealed of await sealedSets(reader, history, options)) {
    const found = await verifySet(sealed, options, work)
    vectors += found.verdict.vectors
    for (const column of found.verdict.columns) {
      compared += column.compared
      different += column.different
    }
    if (found.verdict.vectors + found.unknown.length > 0) process.stdout.write(`${report(sealed, found).join('\n')}\n`)
  }
  const by = work.read.size === 0 ? '' : `, ${calendarsIn(work.read)}`
  progress.end(`${vectors} vectors, ${compared} values compared, ${different} different${by}`)
  if (compared === 0)
    throw new ServingError('validation_failed', `Nothing to compare: no vectors of that span in ${history}, or none whose bars are sealed there`)
  if (different > 0) process.exitCode = 1
}

/** `presage features verify`: what predictions saw against what is recomputed from the sealed bars; exit code 1 if anything differs. */
export function registerFeaturesVerify(features: Command): void {
  withPlace(withCalendarFolder(withModules(features.command('verify'))), 'history', 'history of a server')
    .description(
      'compare the vectors that predictions saw with those recomputed from the sealed bars, as of the same moment and as known then, bit for bit; exit code 1 if a value differs or there is none to compare',
    )
    .option('--symbols <symbols>', 'only these, e.g. BTC/USDT,ETH/USDT', splitIds)
    .option('--from <moment>', 'first moment of serving', parseMoment)
    .option('--to <moment>', 'vectors served before this', parseMoment)
    .addHelpText(
      'after',
      `
Examples:
  presage features verify
  presage features verify --history /srv/presage/var/history --symbols BTC/USDT --from 2024-01-15 --to 2024-01-16`,
    )
    .action(verify)
}
