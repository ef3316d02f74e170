import type { CalibrationSpec, Manifest, ReliabilitySpec } from '../contracts/manifest.ts'
import { isSymbolGlob, meantSymbol } from '../contracts/symbol.ts'

/** Knots of a piecewise linear function, each list with the pointer to where it stands. */
type Knots = { readonly x: readonly [at: string, values: readonly number[]]; readonly y: readonly [at: string, values: readonly number[]] }

/** Both lists are read by position: what has no partner or goes back would be interpolated to something that nobody measured. */
function knotProblems({ x: [xAt, xs], y: [yAt, ys] }: Knots): string[] {
  const lengths = xs.length === ys.length ? [] : [`${yAt} must have as many knots as ${xAt}, ${xs.length}, not ${ys.length}`]
  const flat = xs.findIndex((value, i) => i > 0 && value <= (xs[i - 1] as number))
  const rises = flat < 0 ? [] : [`${xAt}/${flat} must be above the knot before it, ${xs[flat - 1]}, not ${xs[flat]}: knots rise`]
  const wrong = ys.findIndex((value) => value < 0 || value > 1)
  const chances = wrong < 0 ? [] : [`${yAt}/${wrong} must be a probability between 0 and 1, not ${ys[wrong]}`]
  return [...lengths, ...rises, ...chances]
}

const reliabilityProblems = (at: string, { probability, success }: ReliabilitySpec): string[] =>
  knotProblems({ x: [`${at}/probability`, probability], y: [`${at}/success`, success] })

const calibrationProblems = (spec: CalibrationSpec | undefined): string[] =>
  spec?.kind === 'isotonic' ? knotProblems({ x: ['/output/calibration/x', spec.x], y: ['/output/calibration/y', spec.y] }) : []

/** What the schema cannot say of the tables between a model's output and its confidence: lists that belong together, knots that rise, values that are probabilities. */
export const tableProblems = ({ calibration, reliability }: Pick<Manifest['output'], 'calibration' | 'reliability'>): string[] => [
  ...calibrationProblems(calibration),
  ...Object.entries(reliability ?? {}).flatMap(([which, table]) => reliabilityProblems(`/output/reliability/${which}`, table)),
]

/** Symbols that no request can name. */
export const symbolProblems = ({ symbols }: Manifest): string[] =>
  symbols.flatMap((text, i) => {
    if (isSymbolGlob(text)) return []
    const meant = meantSymbol(text)
    return [`/symbols/${i} must be BASE/QUOTE in capitals, or such with *${meant === undefined ? ', e.g. BTC/USDT or */USDT' : `: ${meant}`}, not ${text}`]
  })

function classProblems({ output: { kind, classes = [], unit } }: Manifest): string[] {
  const units = unit === undefined ? [] : [`/output/unit is what an amount is in; a ${kind} model has none`]
  const again = classes.findIndex((name, i) => classes.indexOf(name) < i)
  const twice = again < 0 ? units : [...units, `/output/classes/${again} names ${classes[again]} again: every class has a name of its own`]
  return kind === 'binary' && classes.length !== 2 ? ['/output/classes must name the two classes of a binary model', ...twice] : twice
}

/** Both sides of a regression are values, of which no amount reaches two: BUY would always win. */
function amountProblems({ output: { classes }, signal: { buy, sell } }: Manifest): string[] {
  const strangers = classes === undefined ? [] : ['/output/classes has no meaning for a regression']
  if (!('value_at_least' in buy && 'value_at_most' in sell)) return [...strangers, '/signal needs value_at_least and value_at_most for a regression']
  if (buy.value_at_least >= sell.value_at_most) return strangers
  return [
    ...strangers,
    `/signal/sell/value_at_most must be at most what BUY needs, ${buy.value_at_least}, not ${sell.value_at_most}: between them both would be meant`,
  ]
}

/** A rule of a classifier names a class that there is, that of a regression a value; where both sides named one class, SELL could never win. */
export function signalProblems(manifest: Manifest): string[] {
  const { output, signal } = manifest
  const { buy, sell } = signal
  const named = Object.entries({ buy, sell }).flatMap(([side, rule]) => ('class' in rule ? [[side, rule.class] as const] : []))
  if (output.kind === 'regression') return amountProblems(manifest)
  const strangers = named
    .filter(([, name]) => !(output.classes ?? []).includes(name))
    .map(([side, name]) => `/signal/${side}/class is ${name}, which is not in output.classes`)
  const values = named.length < 2 ? ['/signal needs class and at_least on both sides for a classifier'] : []
  const same =
    'class' in buy && 'class' in sell && buy.class === sell.class
      ? [`/signal/sell/class is ${sell.class}, which buy names already: each side has a class of its own`]
      : []
  return [...classProblems(manifest), ...strangers, ...values, ...same]
}
