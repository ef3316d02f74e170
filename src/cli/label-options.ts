import { type Command, InvalidArgumentError, Option } from 'commander'
import { durationMs } from '../contracts/written-units.ts'
import { ServingError } from '../contracts/error.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { LabelSpec } from '../features/labels/labels.ts'
import { stepsOf } from '../features/training-matrix.ts'
import { numberWithin, wholeNumberWithin } from './number-option.ts'

/** How rows are to be labelled, as the command line says it. */
export type LabelOptions = {
  readonly labels: LabelSpec['kind']
  readonly horizon: { readonly text: string; readonly ms: number }
  readonly costBps: number
  readonly fundingBps: number
  readonly sigmas: number
  readonly sigmaBars: number
  readonly up: number
  readonly down: number
}

function parseHorizon(text: string): LabelOptions['horizon'] {
  try {
    return { text, ms: durationMs(text) }
  } catch {
    throw new InvalidArgumentError('A whole number with its unit, e.g. 15m or 4h.')
  }
}

const kinds: readonly LabelSpec['kind'][] = ['fixed-horizon', 'triple-barrier', 'cost-aware']

/** Which kinds of labels an option is for, where it is not for all. */
const ownOptions: Readonly<Record<string, readonly LabelSpec['kind'][]>> = {
  sigmas: ['fixed-horizon'],
  'sigma-bars': ['fixed-horizon', 'triple-barrier'],
  up: ['triple-barrier'],
  down: ['triple-barrier'],
  'funding-bps': ['cost-aware'],
}

/** Refuses options of other kinds of labels than the one that is made. */
function checkKind(command: Command): void {
  const { labels: kind } = command.opts<LabelOptions>()
  const isWritten = (name: string): boolean =>
    command.options.some((option) => option.long === `--${name}` && command.getOptionValueSource(option.attributeName()) === 'cli')
  const strangers = Object.keys(ownOptions).filter((name) => isWritten(name) && !ownOptions[name]?.includes(kind))
  if (strangers.length === 0) return
  const written = strangers.map((name) => `--${name}`).join(', ')
  throw new ServingError('validation_failed', `${written} ${strangers.length === 1 ? 'has' : 'have'} no meaning for ${kind} labels`)
}

/** Adds the options that say how rows are labelled. */
export const withLabelOptions = (command: Command): Command =>
  command
    .hook('preAction', (_parent, own) => checkKind(own))
    .addOption(new Option('--labels <kind>', 'what came after: see docs/history.md').choices(kinds).default('fixed-horizon'))
    .requiredOption('--horizon <duration>', 'how far ahead the label looks, e.g. 15m', parseHorizon)
    .option(
      '--cost-bps <number>',
      'cost of a round trip in basis points; fixed-horizon: the least threshold',
      numberWithin(0, 1000, 'A number of basis points'),
      0,
    )
    .option('--funding-bps <number>', 'cost-aware: what a short position pays over the horizon', numberWithin(-1000, 1000, 'A number of basis points'), 0)
    .option('--sigmas <number>', 'fixed-horizon: threshold in deviations of the horizon, if that is more than the cost', numberWithin(0, 100), 0)
    .option('--up <number>', 'triple-barrier: upper barrier in deviations of the horizon', numberWithin(0.01, 100), 1)
    .option('--down <number>', 'triple-barrier: lower barrier in deviations of the horizon', numberWithin(0.01, 100), 1)
    .option('--sigma-bars <number>', 'bars whose returns give the deviation', wholeNumberWithin(2, 100_000, 'A whole number of bars'), 96)

/** The labels that the options describe. Throws `validation_failed` for a horizon that ends inside a bar. */
export function labelSpecOf({ labels: kind, horizon, costBps, fundingBps, sigmas, sigmaBars, up, down }: LabelOptions, timeframe: Timeframe): LabelSpec {
  const steps = stepsOf(horizon.ms, timeframe)
  const [cost, funding] = [costBps / 10_000, fundingBps / 10_000]
  if (kind === 'fixed-horizon') return { kind, steps, cost, sigmas, sigmaBars }
  return kind === 'triple-barrier' ? { kind, steps, up, down, sigmaBars } : { kind, steps, cost, funding }
}
