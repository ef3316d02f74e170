import type { Command } from 'commander'
import { formatInstant } from '../contracts/instant.ts'
import { type BarDifference, compareSeries, type SeriesDifference, type ValueDifference } from '../features/series-difference.ts'
import { agreedCalendar } from '../history/agreed-calendar.ts'
import { readWhole } from '../history/read-bars.ts'
import { readSeries } from '../market/read-series.ts'
import { systemClock } from '../system.ts'
import { calendarOf, type CalendarOptions, calendarsOf, withCalendar } from './calendar-option.ts'
import { chosenFeatures, type FeatureChoice } from './chosen-features.ts'
import { catalogueOf, type ModuleOptions, parseTimeframe, splitIds, withModules } from './feature-options.ts'
import { withPlace } from './placed-option.ts'
import { tableLines } from './table.ts'

type DiffOptions = FeatureChoice & ModuleOptions & CalendarOptions & { readonly symbol: string }

/** Why the bars begin to differ, in words. */
function causeOf({ openTime, cause, changes }: BarDifference, [a, b]: SeriesDifference['sides']): string {
  if (cause === 'revised') return `revised: ${changes.map(({ field, from, to }) => `${field} ${from} → ${to}`).join(', ')}`
  if (a.origin === b.origin) return cause === 'missing' ? 'missing in B' : 'missing in A (extra in B)'
  const [early, late, begins] = a.origin < b.origin ? ['A', 'B', b.origin] : ['B', 'A', a.origin]
  return openTime < begins ? `different origin: ${late} begins at ${formatInstant(begins)}, ${early} before` : `missing in ${cause === 'missing' ? 'B' : 'A'}`
}

const reading = ({ value, status }: { readonly value: number; readonly status: string }): string => (status === 'ok' ? String(value) : status)

function row({ id, closeTime, readings, count }: ValueDifference, moments: number): string[] {
  if (closeTime === undefined || readings === undefined) return [id, 'equal', '', '', `0 of ${moments}`]
  return [id, formatInstant(closeTime), reading(readings[0]), reading(readings[1]), `${count} of ${moments}`]
}

function report(paths: readonly string[], { sides, first, counts, moments, features }: SeriesDifference): string[] {
  const about = sides.map(({ bars, quarantined, origin, digest }, i) => [
    i === 0 ? 'A' : 'B',
    String(bars),
    String(quarantined),
    formatInstant(origin),
    digest.slice(0, 16),
    paths[i] as string,
  ])
  const cause = first
    ? `first differing bar  ${formatInstant(first.openTime)}  ${causeOf(first, sides)}\ndiffering bars       ${counts.missing} missing in B, ${counts.extra} missing in A, ${counts.revised} revised`
    : 'all bars are equal'
  return [
    ...tableLines(['', 'bars', 'quarantined', 'origin', 'digest', 'file'], about),
    '',
    cause,
    '',
    ...tableLines(
      ['feature', 'differs from', 'A', 'B', 'moments'],
      features.map((feature) => row(feature, moments)),
    ),
  ]
}

/** The report on two files, in lines, and whether they differ. Throws what reading them throws. */
export async function diffReport(
  [a, b]: readonly [string, string],
  options: DiffOptions,
): Promise<{ readonly lines: readonly string[]; readonly differ: boolean }> {
  const catalogue = await catalogueOf(options)
  const chosen = chosenFeatures(options, catalogue)
  const { symbol, timeframe, calendar: wished } = options
  const key = { symbol, timeframe }
  const calendars = calendarsOf(options)
  const [one, other] = [await readSeries(a, key, readWhole), await readSeries(b, key, readWhole)]
  const said = agreedCalendar([
    { ...one, path: a },
    { ...other, path: b },
  ])
  const calendar = calendarOf(calendars, { name: one.calendar === undefined ? b : a, said, wished, timeframe })
  const found = compareSeries({ ...chosen, ...key, calendar, calendars, catalogue, bars: [one.bars, other.bars] }, systemClock)
  return { lines: [...report([a, b], found), '', `calendar ${calendar}`], differ: found.first !== undefined || found.features.some(({ count }) => count > 0) }
}

async function diff(a: string, b: string, options: DiffOptions): Promise<void> {
  const { lines, differ } = await diffReport([a, b], options)
  process.stdout.write(`${lines.join('\n')}\n`)
  if (differ) process.exitCode = 1
}

/** `presage features diff`: which bar and which values differ first between two files of a series, and why; exit code 1 if anything does. */
export function registerFeaturesDiff(features: Command): void {
  withPlace(withCalendar(withModules(features.command('diff <a> <b>'))), 'sets', 'folder with declared sets')
    .description(
      'compare two files of one series: the first differing bar with its cause, and the first differing value of every feature; exit code 1 if they differ',
    )
    .requiredOption('--symbol <symbol>', 'e.g. BTC/USDT')
    .requiredOption('--timeframe <timeframe>', 'length of the bars', parseTimeframe)
    .option('--features <ids>', 'comma-separated ids, e.g. "close@1m,rsi(14)@1m"', splitIds)
    .option('--set <set>', 'a declared set by name or file, or a YAML file with a list of ids or a model manifest')
    .action(diff)
}
