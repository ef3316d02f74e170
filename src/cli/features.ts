import { hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Calendar } from '../contracts/bar.ts'
import { durationMs } from '../contracts/manifest.ts'
import { catalogueEntries } from '../features/catalogue.ts'
import { type MatrixRow, type TrainingMatrix, trainingMatrix } from '../features/training-matrix.ts'
import { readBars } from '../history/read-bars.ts'
import type { BarInput } from '../market/check-bar.ts'
import { systemClock } from '../system.ts'
import { type ChosenFeatures, chosenFeatures, type FeatureChoice } from './chosen-features.ts'
import { checkSets } from './check-sets.ts'
import { catalogueOf, type ModuleOptions, parseTimeframe, splitIds, withModules } from './feature-options.ts'
import { registerFeaturesDiff } from './features-diff.ts'
import { ProgressLine } from './progress-line.ts'

type ExportOptions = FeatureChoice &
  ModuleOptions & {
    readonly bars: string
    readonly symbol: string
    readonly horizon: { readonly text: string; readonly ms: number }
    readonly costBps: number
    readonly calendar: Calendar
    readonly out: string
  }

function parseHorizon(text: string): ExportOptions['horizon'] {
  try {
    return { text, ms: durationMs(text) }
  } catch {
    throw new InvalidArgumentError('A whole number with its unit, e.g. 15m or 4h.')
  }
}

function parseCost(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1000)) throw new InvalidArgumentError('A number of basis points from 0 to 1000.')
  return value
}

const quote = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function csvLine({ closeTime, values, forwardReturn, labelTime }: MatrixRow): string {
  return `${closeTime},${new Date(closeTime).toISOString()},${values.join(',')},${forwardReturn},${forwardReturn > 0 ? 1 : 0},${labelTime}\n`
}

function* csvText({ set, rows, counts }: TrainingMatrix, progress: ProgressLine): Generator<string> {
  yield `${['close_time', 'as_of', ...set.ids.map(quote), 'r', 'label', 'label_time'].join(',')}\n`
  let chunk = ''
  for (const row of rows) {
    chunk += csvLine(row)
    if (chunk.length < 65_536) continue
    progress.show(counts.rows / counts.bars)
    yield chunk
    chunk = ''
  }
  yield chunk
}

/** What the sidecar says: everything that is needed to make the same matrix again, and to check that a model was trained on it. */
function sidecar(
  options: ExportOptions,
  { set, counts }: TrainingMatrix,
  { labels, gaps, barsSha256 }: Pick<ChosenFeatures, 'labels' | 'gaps'> & { readonly barsSha256: string },
): string {
  const { symbol, timeframe, calendar, horizon, costBps, bars } = options
  const columns = {
    close_time: 'ms since the epoch',
    as_of: 'RFC 3339, equal to close_time',
    r: 'ln(close at the horizon / open of the next bar)',
    label: '1 if r > 0, else 0',
    label_time: 'ms since the epoch at which r was known',
  }
  const content = {
    feature_set_digest: set.digest,
    ...(gaps && { gaps }),
    ids: set.ids,
    ...(labels === undefined ? {} : { labels }),
    symbol,
    timeframe,
    calendar,
    horizon: horizon.text,
    cost_bps: costBps,
    bars: { file: basename(bars), sha256: barsSha256 },
    counts,
    columns,
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}

async function exportMatrix(options: ExportOptions): Promise<void> {
  const catalogue = await catalogueOf(options)
  const { ids: features, gaps, ...names } = chosenFeatures(options, catalogue)
  const barsSha256 = hash('sha256', await readFile(options.bars))
  const bars: BarInput[] = []
  for await (const bar of readBars(options.bars)) bars.push(bar)
  const { symbol, timeframe, calendar, horizon, out } = options
  const matrix = trainingMatrix({ symbol, timeframe, calendar, bars, features, horizonMs: horizon.ms, catalogue, ...(gaps && { gaps }) }, systemClock)
  const progress = new ProgressLine('export')
  await pipeline(Readable.from(csvText(matrix, progress)), createWriteStream(out))
  await writeFile(`${out}.json`, sidecar(options, matrix, { ...names, ...(gaps && { gaps }), barsSha256 }))
  const { rows, quarantined, warming, undefinedValue, unlabelled } = matrix.counts
  progress.end(
    `${rows} rows to ${out} (left out: ${warming} warming, ${undefinedValue} without a value, ${unlabelled} without a label, ${quarantined} quarantined)`,
  )
  process.stdout.write(`feature_set_digest ${matrix.set.digest}\n`)
}

async function printCatalogue(options: ModuleOptions): Promise<void> {
  const entries = catalogueEntries(await catalogueOf(options))
  const wide = Math.max(...entries.map(({ example }) => example.length))
  const lines = entries.map(({ example, warmUp, summary }) => `${example.padEnd(wide)}  ${`${warmUp.settled} bars`.padStart(13)}  ${summary}`)
  process.stdout.write(`${[`${'feature'.padEnd(wide)}  settled after  what it is`, ...lines].join('\n')}\n`)
}

/** `presage features`: list the catalogue, check declared sets, export a training matrix, compare two series. */
export function registerFeatures(program: Command): void {
  const features = program.command('features').description('the catalogue of features, and training data made with it')
  withModules(features.command('list')).description('print every feature with its warm-up').action(printCatalogue)
  withModules(features.command('check'))
    .description('check declared sets, prove their features and print what they resolve to; without files, check the modules alone')
    .argument('[files...]', 'YAML files')
    .action(checkSets)
  withModules(features.command('export'))
    .description('write a training matrix: features as they would have been served at every bar close, and what came after')
    .requiredOption('--bars <file>', 'bars, CSV or JSON, plain or .gz')
    .requiredOption('--symbol <symbol>', 'e.g. BTC/USDT')
    .requiredOption('--timeframe <timeframe>', 'length of the bars', parseTimeframe)
    .option('--features <ids>', 'comma-separated ids, e.g. "close@1m,rsi(14)@1m"', splitIds)
    .option('--set <set>', 'a declared set by name or file, or a YAML file with a list of ids or a model manifest')
    .option('--sets <dir>', 'folder with declared sets', 'features')
    .requiredOption('--horizon <duration>', 'how far ahead the label looks, e.g. 15m', parseHorizon)
    .option('--cost-bps <number>', 'cost of a round trip in basis points, noted beside the matrix', parseCost, 0)
    .addOption(
      new Option('--calendar <calendar>', 'continuous: a missing bar is a gap; as_received: bars follow each other')
        .choices(['continuous', 'as_received'])
        .default('continuous'),
    )
    .requiredOption('--out <file>', 'the CSV to write; beside it FILE.json with digest, ids and counts')
    .action(exportMatrix)
  registerFeaturesDiff(features)
}
