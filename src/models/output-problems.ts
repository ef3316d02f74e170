import type { Manifest, ReliabilitySpec } from '../contracts/manifest.ts'
import { isSymbolGlob, meantSymbol } from '../contracts/symbol.ts'

/** Knots of a piecewise linear function, each list with the pointer to where it stands. */
type Knots = { readonly x: readonly [at: string, values: readonly number[]]; readonly y: readonly [at: string, values: readonly number[]] }

/** What is not above the value before it, or of values that may stay as they are, what is below it. */
const firstFall = (values: readonly number[], mayStay: boolean): number =>
  values.findIndex((value, i) => i > 0 && (mayStay ? value < (values[i - 1] as number) : value <= (values[i - 1] as number)))

/** Both lists are read by position: what has no partner or goes back would be interpolated to something that nobody measured, and what falls makes less of more. */
function knotProblems({ x: [xAt, xs], y: [yAt, ys] }: Knots): string[] {
  const lengths = xs.length === ys.length ? [] : [`${yAt} must have as many knots as ${xAt}, ${xs.length}, not ${ys.length}`]
  const flat = firstFall(xs, false)
  const rises = flat < 0 ? [] : [`${xAt}/${flat} must be above the knot before it, ${xs[flat - 1]}, not ${xs[flat]}: knots rise`]
  const wrong = ys.findIndex((value) => value < 0 || value > 1)
  const chances = wrong < 0 ? [] : [`${yAt}/${wrong} must be a probability between 0 and 1, not ${ys[wrong]}`]
  const fall = firstFall(ys, true)
  const falls =
    fall < 0
      ? []
      : [`${yAt}/${fall} must not be below the knot before it, ${ys[fall - 1]}, not ${ys[fall]}: make one knot of those that fall, as an isotonic fit does`]
  return [...lengths, ...rises, ...chances, ...falls]
}

/** Knots in percent, or of an amount with its sign, would all be on one side of what they are asked for. */
function scaleProblems(kind: Manifest['output']['kind'], [at, values]: Knots['x']): string[] {
  const most = kind === 'regression' ? Infinity : 1
  const wrong = values.findIndex((value) => value < 0 || value > most)
  if (wrong < 0) return []
  const what = kind === 'regression' ? 'the size of an amount, without its sign' : 'a probability between 0 and 1'
  return [`${at}/${wrong} must be ${what}, not ${values[wrong]}`]
}

const tableKnots = (at: string, { probability, success }: ReliabilitySpec): Knots => ({ x: [`${at}/probability`, probability], y: [`${at}/success`, success] })

/** A calibration that turns the order of outputs round would make BUY of SELL; one that makes all of them the same would answer one signal for ever. */
function calibrationProblems({ kind, calibration }: Pick<Manifest['output'], 'kind' | 'calibration'>): string[] {
  if (calibration === undefined || calibration.kind === 'none') return []
  if (kind === 'regression') return ['/output/calibration is for probabilities; an amount has none: leave it out']
  if (calibration.kind === 'platt' && calibration.a <= 0) {
    const why =
      calibration.a === 0
        ? 'every output would become the same'
        : 'it would turn BUY into SELL; if the outputs stand the other way round, exchange output.classes'
    return [`/output/calibration/a must be above 0, not ${calibration.a}: ${why}`]
  }
  if (calibration.kind !== 'isotonic') return []
  const knots: Knots = { x: ['/output/calibration/x', calibration.x], y: ['/output/calibration/y', calibration.y] }
  const isFlat = calibration.y.every((value) => value === calibration.y[0])
  const flat = isFlat ? [`/output/calibration/y must rise: ${calibration.y[0]} throughout would make every output the same`] : []
  return [...knotProblems(knots), ...scaleProblems(kind, knots.x), ...flat]
}

/** What the schema cannot say of the tables between a model's output and its confidence: lists that belong together, knots that rise, values that are probabilities, an order that stays. */
export const tableProblems = (output: Pick<Manifest['output'], 'kind' | 'calibration' | 'reliability'>): string[] => [
  ...calibrationProblems(output),
  ...Object.entries(output.reliability ?? {}).flatMap(([which, table]) => {
    const knots = tableKnots(`/output/reliability/${which}`, table)
    return [...knotProblems(knots), ...scaleProblems(output.kind, knots.x)]
  }),
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
