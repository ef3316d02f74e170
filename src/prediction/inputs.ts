import type { FeatureSet, FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { PredictRequest } from '../contracts/predict.ts'
import { nonFinite, notWhole, outOfRange, sentNull, sentTwice, unknownFeature, withoutValue } from './input-errors.ts'

/** What the inputs of one model must be, resolved once. */
export type InputRules = {
  readonly model: string
  readonly set: FeatureSet
  readonly width: number
  /** Where the newest row starts in the values. */
  readonly newest: number
  /** 1 for columns that may be missing. */
  readonly optional: Uint8Array
  /** Columns that must be whole numbers. */
  readonly whole: readonly number[]
  /** What stands for a required column without a value, NaN where nothing does; absent where nothing is declared. */
  readonly declared?: Float64Array
}

/** The inputs as the model will see them: the reading's own values with the caller's over them. */
export type Inputs = {
  readonly reading: FeatureVector
  /** Columns whose newest value the caller gave, `null` included. */
  readonly supplied: readonly number[]
  /** Optional columns without a value somewhere in the window. */
  readonly missing: readonly number[]
  /** Required columns that have their declared value somewhere in the window. */
  readonly declared: readonly number[]
}

type CallerFeatures = NonNullable<PredictRequest['features']>
const none: readonly number[] = []

/** Rules for a set of which some inputs are optional, named as the manifest names them; throws `unknown_feature` for an optional input that is none of the set. */
export function makeInputRules(model: string, set: FeatureSet, optional: readonly string[]): InputRules {
  const width = set.ids.length
  const mask = new Uint8Array(width)
  for (const name of optional) {
    const column = set.columnOf.get(name)
    if (column === undefined) throw unknownFeature(model, set, name)
    mask[column] = 1
  }
  return { model, set, width, newest: (set.spec.window - 1) * width, optional: mask, whole: [] }
}

/**
 * Puts the caller's values over the newest row of a reading, in place, and settles what is absent (semantics 7): optional inputs become NaN, required ones are errors.
 * Throws `unknown_feature`, `non_finite_feature`, `validation_failed` (range, no whole number, or one input twice), `missing_feature`, `features_stale`, `features_unavailable`.
 */
export function prepareInputs(rules: InputRules, reading: FeatureVector, request: PredictRequest): Inputs {
  const inputs = settled(rules, reading, request)
  for (const column of rules.whole) checkWhole(rules, column, reading.values)
  return inputs
}

function settled(rules: InputRules, reading: FeatureVector, request: PredictRequest): Inputs {
  const supplied = request.features === undefined ? none : override(rules, reading.values, request.features)
  if (reading.complete && supplied === none) return { reading, supplied, missing: none, declared: none }
  if (!reading.complete) dropOld(rules, reading, supplied)
  const absent = absentColumns(rules, reading.values)
  if (absent === none) return { reading, supplied, missing: none, declared: none }
  const declared = rules.declared === undefined ? none : putDeclared(rules.declared, absent, reading.values)
  const left = declared === none ? absent : absent.filter((column) => !declared.includes(column))
  const required = left.filter((column) => rules.optional[column] === 0)
  if (required.length > 0) throw withoutValue({ rules, reading, symbol: request.symbol, required, supplied })
  return { reading, supplied, missing: left, declared }
}

/** Fills the gaps of columns for which a value is declared; answers these columns. */
function putDeclared(declared: Float64Array, absent: readonly number[], values: Float64Array): readonly number[] {
  const filled = absent.filter((column) => !Number.isNaN(declared[column]))
  for (const column of filled)
    for (let at = column; at < values.length; at += declared.length) if (Number.isNaN(values[at])) values[at] = declared[column] as number
  return filled
}

/** Why required columns have no value, each reason once, after `prepareInputs` refused the reading. */
export function absenceReasons(rules: InputRules, { values, statuses }: FeatureVector): FeatureStatus[] {
  const required = absentColumns(rules, values).filter((column) => rules.optional[column] === 0)
  const reasonOf = (column: number): FeatureStatus => (statuses[column] === 'ok' ? 'missing' : (statuses[column] ?? 'missing'))
  return [...new Set(required.map(reasonOf))]
}

/** Writes the caller's values; answers their columns, or `none` itself when there are no values. */
function override(rules: InputRules, values: Float64Array, features: CallerFeatures): readonly number[] {
  const { set, newest } = rules
  let supplied: number[] | undefined
  for (const name in features) {
    const column = set.columnOf.get(name)
    if (column === undefined) throw unknownFeature(rules.model, set, name)
    const value = features[name] as number | null
    if (supplied === undefined) supplied = [column]
    else if (supplied.includes(column)) throw sentTwice(name, set.ids[column] as string)
    else supplied.push(column)
    if (value === null && rules.optional[column] === 0) throw sentNull(rules.model, name)
    values[newest + column] = value === null ? NaN : checked(set, column, { name, value })
  }
  return supplied ?? none
}

function checked(set: FeatureSet, column: number, { name, value }: { readonly name: string; readonly value: number }): number {
  if (!Number.isFinite(value)) throw nonFinite(name, value)
  const range = set.ranges[column]
  if (range !== undefined && (value < range.min || value > range.max)) throw outOfRange(name, value, range)
  return value
}

/** No optional value can be missing where the model takes whole numbers: none of them stands for that. */
function checkWhole({ set, width }: InputRules, column: number, values: Float64Array): void {
  for (let at = column; at < values.length; at += width) {
    const value = values[at] as number
    if (!Number.isSafeInteger(value)) throw notWhole(set.ids[column] as string, value)
  }
}

/** A stored value that is older than allowed or comes from a refused bar is no value, whatever the reading holds there. */
function dropOld({ width, newest }: InputRules, { values, statuses }: FeatureVector, supplied: readonly number[]): void {
  for (let column = 0; column < width; column++) {
    const status = statuses[column]
    if (status !== 'stale' && status !== 'quarantined') continue
    for (let at = column; at < values.length; at += width) if (at < newest || !supplied.includes(column)) values[at] = NaN
  }
}

function absentColumns({ width }: InputRules, values: Float64Array): readonly number[] {
  let absent: number[] | undefined
  for (let column = 0; column < width; column++) {
    let at = column
    while (at < values.length && !Number.isNaN(values[at])) at += width
    if (at < values.length) (absent ??= []).push(column)
  }
  return absent ?? none
}
