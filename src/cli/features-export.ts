import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { labelColumns, type LabelColumn } from '../features/labels/label-columns.ts'
import { type MatrixCounts, trainingMatrix } from '../features/training-matrix.ts'
import { openTableFile, type TableFile } from '../history/table-file.ts'
import type { ColumnSpec } from '../history/table.ts'
import { systemClock } from '../system.ts'
import type { Calendars } from '../calendars/calendars.ts'
import { writeRanges } from '../contracts/written-ranges.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { calendarsOf } from './calendar-option.ts'
import { type ChosenFeatures, chosenFeatures } from './chosen-features.ts'
import { catalogueOf, type ModuleOptions, withModules } from './feature-options.ts'
import { type LabelOptions, labelSpecOf, withLabelOptions } from './label-options.ts'
import { ProgressLine } from './progress-line.ts'
import { calendarsIn, sourceBars, type SourceOptions, type Sources, spanOf, withSourceOptions } from './series-source.ts'

type ExportOptions = SourceOptions & LabelOptions & ModuleOptions & { readonly out: string }

/** The features that were asked for, the catalogue that they are from, and the calendars that there are. */
type Chosen = ChosenFeatures & { readonly catalogue: Catalogue; readonly calendars: Calendars }

const timeColumns: readonly ColumnSpec[] = [
  { name: 'symbol', type: 'text' },
  { name: 'close_time', type: 'integer' },
  { name: 'as_of', type: 'time' },
]

const columnsOf = (ids: readonly string[], labels: readonly LabelColumn[]): ColumnSpec[] => [
  ...timeColumns,
  ...ids.map((name) => ({ name, type: 'double' }) as const),
  ...labels.map(({ name, type }) => ({ name, type })),
]

/** What stands beside a matrix: everything that is needed to make it again, and to check that a model was trained on it. */
function about(
  options: ExportOptions,
  { features, labels: names, gaps, ranges }: ChosenFeatures,
  made: { readonly digest: string; readonly sources: Sources; readonly counts: MatrixCounts },
): object {
  const { symbols, timeframe, horizon, costBps, labels } = options
  const columns = Object.fromEntries(labelColumns(labels).map((column) => [column.name, column.about]))
  return {
    feature_set_digest: made.digest,
    ids: features,
    ...(gaps && { gaps }),
    ...(ranges && { ranges: writeRanges(features, ranges) }),
    ...(names === undefined ? {} : { names }),
    symbols,
    timeframe,
    horizon: horizon.text,
    cost_bps: costBps,
    labels: { ...labelSpecOf(options, timeframe), columns: Object.keys(columns) },
    bars: [...made.sources.values()].map(({ from }) => from),
    counts: made.counts,
    columns: { symbol: 'whose bars', close_time: 'ms since the epoch', as_of: 'the same as RFC 3339 or a timestamp', ...columns },
  }
}

/** Writes the rows of every symbol and counts them. */
async function addRows(
  file: TableFile,
  options: ExportOptions & Omit<Chosen, 'labels'>,
  sources: Sources,
): Promise<{ readonly digest: string; readonly counts: MatrixCounts }> {
  const counts = { bars: 0, rows: 0, warming: 0, quarantined: 0, undefinedValue: 0, unlabelled: 0 }
  const progress = new ProgressLine('export')
  let digest = ''
  for (const [i, symbol] of options.symbols.entries()) {
    const matrix = trainingMatrix({ ...options, symbol, series: sources, labels: labelSpecOf(options, options.timeframe) }, systemClock)
    const span = spanOf(sources.get(symbol)?.bars)
    for (const { closeTime, values, labels } of matrix.rows) {
      const full = file.add([symbol, closeTime, closeTime], values, labels)
      if (full) await full
      progress.show((i + (closeTime - span.from) / (span.to - span.from)) / options.symbols.length, symbol)
    }
    for (const name of Object.keys(matrix.counts) as (keyof MatrixCounts)[]) counts[name] += matrix.counts[name]
    counts.quarantined += sources.get(symbol)?.quarantined ?? 0
    digest = matrix.set.digest
  }
  const { rows, warming, undefinedValue, unlabelled, quarantined } = counts
  const leftOut = `left out: ${warming} warming, ${undefinedValue} without a value, ${unlabelled} without a label, ${quarantined} quarantined`
  if (rows === 0)
    throw new ServingError(
      'validation_failed',
      `${options.out} would have no row, so it was not written (${leftOut}): take a longer span of --from and --to, or more bars`,
    )
  progress.end(`${rows} rows to ${options.out} (${leftOut}), ${calendarsIn(sources)}`)
  return { digest, counts }
}

async function exportMatrix(options: ExportOptions): Promise<void> {
  const { out, labels } = options
  const catalogue = await catalogueOf(options)
  const chosen = { ...chosenFeatures(options, catalogue), catalogue, calendars: calendarsOf(options) }
  await using file = openTableFile(out, columnsOf(chosen.features, labelColumns(labels)))
  const sources = await sourceBars(options, chosen)
  const { digest, counts } = await addRows(file, { ...options, ...chosen, labels }, sources)
  const content = about(options, chosen, { digest, sources, counts })
  await file.save(content)
  await writeFile(`${out}.json`, `${JSON.stringify(content, undefined, 2)}\n`)
  process.stdout.write(`feature_set_digest ${digest}\n`)
}

/** `presage features export`: a training matrix, CSV or Parquet. */
export function registerFeaturesExport(features: Command): void {
  const command = features
    .command('export')
    .description('write a training matrix: features as they would have been served at every bar close, and what came after')
  withLabelOptions(withSourceOptions(withModules(command)))
    .requiredOption('--out <file>', 'the .parquet or .csv to write; beside it FILE.json with digest, ids, labels and counts')
    .addHelpText(
      'after',
      `
Examples:
  presage features export --symbols BTC/USDT,ETH/USDT --timeframe 1m --set momentum --horizon 15m --cost-bps 8 --out train.parquet
  presage features export --symbols BTC/USDT --bars btc-1m.csv.gz --timeframe 1m --set momentum --horizon 15m --cost-bps 8 --out train.parquet
  presage features export --symbols BTC/USDT,ETH/USDT --bars btc.parquet eth.parquet --timeframe 1m --set momentum --from 2024-01-01 --to 2024-07-01 \\
    --labels triple-barrier --horizon 1h --up 2 --down 1 --out train.parquet
  presage features export … --labels cost-aware --horizon 4h --cost-bps 12 --funding-bps 0.5 --out train.parquet`,
    )
    .action(exportMatrix)
}
