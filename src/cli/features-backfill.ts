import type { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { isWithin } from '../features/training-matrix.ts'
import { vectorRows } from '../features/vector-rows.ts'
import { openTableFile } from '../history/table-file.ts'
import type { ColumnSpec } from '../history/table.ts'
import { systemClock } from '../system.ts'
import { calendarsOf } from './calendar-option.ts'
import { chosenFeatures } from './chosen-features.ts'
import { catalogueOf, type ModuleOptions, withModules } from './feature-options.ts'
import { ProgressLine } from './progress-line.ts'
import { calendarsIn, sourceBars, type SourceOptions, spanOf, withSourceOptions } from './series-source.ts'

type BackfillOptions = SourceOptions & ModuleOptions & { readonly out: string }

const columnsOf = (ids: readonly string[]): ColumnSpec[] => [
  { name: 'symbol', type: 'text' },
  { name: 'close_time', type: 'integer' },
  { name: 'as_of', type: 'time' },
  { name: 'received_time', type: 'time' },
  ...ids.map((name) => ({ name, type: 'double' }) as const),
]

async function backfill(options: BackfillOptions): Promise<void> {
  const { symbols, timeframe, out } = options
  const catalogue = await catalogueOf(options)
  const calendars = calendarsOf(options)
  const chosen = chosenFeatures(options, catalogue)
  const { features } = chosen
  await using file = openTableFile(out, columnsOf(features))
  const sources = await sourceBars(options, { features, catalogue, calendars })
  const progress = new ProgressLine('backfill')
  const begin = systemClock.monotonic()
  let [rows, digest] = [0, '']
  for (const [i, symbol] of symbols.entries()) {
    const made = vectorRows({ ...chosen, symbol, timeframe, calendars, series: sources, catalogue }, systemClock)
    const span = spanOf(sources.get(symbol)?.bars)
    for (const { bar, vector } of made.rows) {
      if (!isWithin(bar, options)) continue
      const full = file.add([symbol, bar.closeTime, bar.closeTime, bar.receivedTime], vector.values)
      if (full) await full
      rows += 1
      progress.show((i + (bar.closeTime - span.from) / (span.to - span.from)) / symbols.length, symbol)
    }
    digest = made.set.digest
  }
  if (rows === 0) throw new ServingError('validation_failed', `${out} would have no row, so it was not written: no bar closes in the span of --from and --to`)
  await file.save({ feature_set_digest: digest, symbols, timeframe, bars: [...sources.values()].map(({ from }) => from) })
  const seconds = (systemClock.monotonic() - begin) / 1_000
  const values = rows * features.length
  const refused = [...sources.values()].reduce((sum, { quarantined }) => sum + quarantined, 0)
  progress.end(
    `${rows} rows, ${values} values to ${out} in ${seconds.toFixed(1)} s: ${(values / seconds / 1e6).toFixed(2)} M values/s, ${calendarsIn(sources)}${refused === 0 ? '' : `; ${refused} bars were quarantined`}`,
  )
  process.stdout.write(`feature_set_digest ${digest}\n`)
}

/** `presage features backfill`: the vectors of a set over history. */
export function registerFeaturesBackfill(features: Command): void {
  withSourceOptions(
    withModules(features.command('backfill')).description('write the vector at every bar close, by the code that serves: null where a value was not there'),
  )
    .option('--out <file>', 'the .parquet or .csv to write', 'vectors.parquet')
    .addHelpText(
      'after',
      `
Examples:
  presage features backfill --symbols BTC/USDT,ETH/USDT --timeframe 1m --set momentum --history var/history --known-at 2024-07-01
  presage features backfill --symbols SPY/USD --bars spy-1m.csv.gz --timeframe 1m --set momentum --calendar XNYS
  presage features backfill --symbols BTC/USDT --bars btc-1m.csv.gz --timeframe 1m --set momentum
  presage features backfill --symbols BTC/USDT,ETH/USDT --bars btc.parquet eth.parquet --timeframe 1m --set momentum --from 2024-01-01 --to 2024-07-01 --out h1.parquet`,
    )
    .action(backfill)
}
