import { ServingError } from '../contracts/error.ts'
import type { Manifest } from '../contracts/manifest.ts'
import type { Prediction, SignalName } from '../contracts/predict.ts'
import { makeCalibration } from './calibration.ts'
import { reliabilityAt } from './reliability.ts'
import { type ClassPolicy, probabilityOf, signalOfClasses, signalOfValue, type ValuePolicy } from './signal-policy.ts'

/** From one output row of the model to the answer's `prediction`. `partial` says that optional inputs were missing. Throws `model_output_invalid`; never changes the row. */
export type OutputRule = (output: Float64Array, partial: boolean) => Prediction

const tolerance = 1e-6
/** How far the two probabilities of a pair may be from 1 together: networks may compute in float16. */
const pairTolerance = 0.01

/** The rule of a manifest for a model with so many outputs; throws `model_unavailable` if the two contradict each other. */
export function makeOutputRule(manifest: Manifest, outputs: number): OutputRule {
  return manifest.output.kind === 'regression' ? valueRule(manifest, outputs) : classRule(manifest, outputs)
}

function classRule(manifest: Manifest, outputs: number): OutputRule {
  const { output } = manifest
  const classes = output.classes ?? []
  const policy = classPolicy(manifest)
  if (outputs !== classes.length && !(classes.length === 2 && outputs === 1))
    throw contradiction(manifest, `the model has ${outputs} outputs, the manifest ${classes.length} classes`)
  const calibrate = makeCalibration(output.calibration)
  const scratch = new Float64Array(classes.length) // never leaves this function, and nothing awaits while it is in use
  const full = output.reliability?.full
  const partialTable = output.reliability?.partial ?? full
  return (row, partial) => {
    readProbabilities(row, scratch)
    calibrate(scratch)
    const signal = signalOfClasses(policy, scratch)
    const probability = probabilityOf(signal, policy, scratch)
    const pays = reliabilityAt(partial ? partialTable : full, probability)
    const prediction = { signal, confidence: signal === 'HOLD' ? 1 - pays : pays, probability }
    return output.kind === 'binary' ? prediction : { ...prediction, probabilities: byName(classes, scratch) }
  }
}

/** One probability of two classes is that of the second; two that do not belong together say nothing. */
function readProbabilities(row: Float64Array, into: Float64Array): void {
  let sum = 0
  for (let i = 0; i < row.length; i++) {
    const p = row[i] as number
    if (!(p >= -tolerance && p <= 1 + tolerance)) throw invalidOutput(p)
    sum += p
  }
  if (row.length === 2 && Math.abs(sum - 1) > pairTolerance) throw unequalPair(row)
  if (row.length === 1) {
    const p = clamp(row[0] as number)
    into[0] = 1 - p
    into[1] = p
    return
  }
  for (let i = 0; i < row.length; i++) into[i] = clamp(row[i] as number)
}

const clamp = (p: number): number => (p < 0 ? 0 : p > 1 ? 1 : p)
const byName = (classes: readonly string[], row: Float64Array): Record<string, number> => Object.fromEntries(classes.map((name, i) => [name, row[i] as number]))

function valueRule(manifest: Manifest, outputs: number): OutputRule {
  const { output } = manifest
  if (outputs !== 1) throw contradiction(manifest, `a regression has one output, the model has ${outputs}`)
  const policy = valuePolicy(manifest)
  const unit = output.unit === undefined ? {} : { unit: output.unit }
  const full = output.reliability?.full
  const partialTable = output.reliability?.partial ?? full
  return (row, partial) => {
    const value = row[0] as number
    if (!Number.isFinite(value)) throw invalidOutput(value)
    const signal: SignalName = signalOfValue(policy, value)
    const table = partial ? partialTable : full
    const pays = table ? reliabilityAt(table, Math.abs(value)) : 0.5 // nothing is known of it: neither chance is better
    return { signal, confidence: signal === 'HOLD' ? 1 - pays : pays, value, ...unit }
  }
}

function classPolicy(manifest: Manifest): ClassPolicy {
  const classes = manifest.output.classes ?? []
  const { buy, sell } = manifest.signal
  if (!('class' in buy) || !('class' in sell)) throw contradiction(manifest, 'the signal rules of a classifier name a class and at_least')
  const side = (rule: { class: string; at_least: number }) => ({ index: classes.indexOf(rule.class), atLeast: rule.at_least })
  const policy = { buy: side(buy), sell: side(sell) }
  if (policy.buy.index < 0 || policy.sell.index < 0) throw contradiction(manifest, 'a signal rule names a class that is not among output.classes')
  return policy
}

function valuePolicy(manifest: Manifest): ValuePolicy {
  const { buy, sell } = manifest.signal
  if (!('value_at_least' in buy) || !('value_at_most' in sell))
    throw contradiction(manifest, 'the signal rules of a regression are value_at_least and value_at_most')
  return { buyAtLeast: buy.value_at_least, sellAtMost: sell.value_at_most }
}

const contradiction = ({ name, version }: Manifest, what: string): ServingError =>
  new ServingError('model_unavailable', `${name} ${version} cannot be served: ${what}`)
const invalidOutput = (value: number): ServingError =>
  new ServingError('model_output_invalid', `The model answered ${value}, which is not a valid output; the inputs may lie far outside what it was trained on`)
const unequalPair = ([first, second]: Float64Array): ServingError =>
  new ServingError(
    'model_output_invalid',
    `The model answered ${first} and ${second} for two classes, which do not add up to 1: end a network with a softmax over two, or give the probability of the second class alone`,
  )
