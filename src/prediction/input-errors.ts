import { ServingError, type ErrorPlace } from '../contracts/error.ts'
import type { FeatureSet, FeatureVector } from '../contracts/features.ts'
import { formatInstant } from '../contracts/instant.ts'
import { pointerTo } from '../contracts/json-pointer.ts'
import { nearestNames } from '../contracts/nearest-names.ts'
import type { InputRules } from './inputs.ts'

/** Which required columns of which reading have no value. */
export type Absence = {
  readonly rules: InputRules
  readonly reading: FeatureVector
  readonly symbol: string
  readonly required: readonly number[]
  readonly supplied: readonly number[]
}

const at = (name: string, rule: string, got?: unknown): { places: ErrorPlace[] } => ({
  places: [{ pointer: pointerTo('/features', name), rule, ...(got === undefined ? {} : { got }) }],
})

/** A name that the model does not take, with the names that come closest. */
export function unknownFeature(model: string, set: FeatureSet, name: string): ServingError {
  const nearest = nearestNames(name, set.columnOf.keys())
  const hint = nearest.length === 0 ? 'GET /models lists those that it takes' : `nearest: ${nearest.join(', ')}`
  return new ServingError('unknown_feature', `${model} takes no feature ${JSON.stringify(name)}; ${hint}`, at(name, 'known_feature'))
}

/** A value that is not a number that JSON or float64 can hold. */
export const nonFinite = (name: string, value: number): ServingError =>
  new ServingError('non_finite_feature', `${name} is ${value}; a feature is a finite number, or null when it is missing`, at(name, 'finite'))

/** A value outside of what the feature can be. */
export function outOfRange(name: string, value: number, { min, max }: { readonly min: number; readonly max: number }): ServingError {
  const above = min === Number.MIN_VALUE ? 'above 0' : `at least ${min}`
  const limits = [...(min === -Infinity ? [] : [above]), ...(max === Infinity ? [] : [`at most ${max}`])]
  return new ServingError('validation_failed', `${name} is ${value}; it must be ${limits.join(' and ')}`, at(name, 'range', value))
}

/** A value, NaN where it is missing, for which the model has no whole number. */
export const notWhole = (id: string, value: number): ServingError =>
  Number.isNaN(value)
    ? new ServingError('missing_feature', `${id} is missing; the model takes a whole number there, and none stands for a missing one`, at(id, 'required'))
    : new ServingError('validation_failed', `${id} is ${value}; the model takes a whole number below 2^53 there`, at(id, 'whole', value))

/** One input under two of its names. */
export const sentTwice = (name: string, id: string): ServingError =>
  new ServingError('validation_failed', `${id} is given twice, once as ${name}; send it under one name`, at(name, 'unique_feature'))

/** `null` for an input that the model cannot do without. */
export const sentNull = (model: string, name: string): ServingError =>
  new ServingError(
    'missing_feature',
    `${model} needs ${name}; null is only for optional inputs. Send a number, or leave it out to have it read from the store`,
    at(name, 'required', null),
  )

/** Why required columns have no value: too old when every one of them is stale, else not known; the message says what is wrong with each and how to supply it. */
export function withoutValue(absence: Absence): ServingError {
  const { rules, reading, required } = absence
  const stale = required.every((column) => reading.statuses[column] === 'stale')
  const message = stale ? staleText(absence) : unavailableText(absence)
  return new ServingError(stale ? 'features_stale' : 'features_unavailable', `${message}${adviceOf(absence)}`, {
    ...(isPast(absence) ? { final: true } : {}),
    places: required
      .slice(0, 20)
      .map((column) => ({ pointer: pointerTo('/features', rules.set.ids[column] as string), rule: reading.statuses[column] ?? 'missing' })),
  })
}

/** True if the bars of the moment are kept no longer: whatever comes, there will be no value. */
const isPast = ({ reading, required }: Absence): boolean =>
  required.some((column) => reading.statuses[column] === 'missing' && reading.reasons?.has(column) === true)

/** What can still be sent: bars, unless they are kept no longer, and the values of a single row. */
function adviceOf(absence: Absence): string {
  const { timeframe, window } = absence.rules.set.spec
  const ways = [
    ...(isPast(absence) ? [] : [`send the ${timeframe} bars up to that moment to POST /market/bars`]),
    ...(window === 1 ? ['send the values in "features"'] : []),
  ]
  const said = ways.join(', or ')
  return said === '' ? '' : ` ${said.charAt(0).toUpperCase()}${said.slice(1)}.`
}

function staleText({ rules, reading, symbol }: Absence): string {
  const { asOf, barCloseTime } = reading
  const { maxAgeMs, timeframe } = rules.set.spec
  const age = asOf - (barCloseTime ?? asOf)
  const limit = maxAgeMs !== undefined && age > maxAgeMs ? `${rules.model} allows ${ageText(maxAgeMs)}` : `the next ${timeframe} bar is overdue`
  return `The newest bar of ${symbol} is ${ageText(age)} old as of ${formatInstant(asOf)}; ${limit}.`
}

function unavailableText({ rules, reading, symbol, required, supplied }: Absence): string {
  const named = required.slice(0, 3).map((column) => {
    const status = reading.statuses[column] ?? 'missing'
    const progress = reading.warming?.get(column)
    const reason = reading.reasons?.get(column)
    const standing = progress !== undefined ? `${status} ${progress} bars` : reason !== undefined ? `${status}: ${reason}` : status
    return `${rules.set.ids[column]} (${supplied.includes(column) ? 'its older rows are missing' : standing})`
  })
  const more = required.length > named.length ? ` and ${required.length - named.length} more` : ''
  return `${rules.model} needs ${named.join(', ')}${more} for ${symbol} as of ${formatInstant(reading.asOf)}.`
}

const steps = [
  { ms: 86_400_000, name: 'days' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
] as const

/** A duration for people: seconds up to two minutes, then the largest unit of which there are two. */
export function ageText(ms: number): string {
  const step = steps.find((unit) => ms > 2 * unit.ms)
  return step ? `${Math.floor(ms / step.ms)} ${step.name}` : `${Math.round(ms / 100) / 10} s`
}
