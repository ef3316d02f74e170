import { ServingError } from '../contracts/error.ts'
import type { FeatureSet, FeatureSetSpec, FeatureStatus, ValueRange } from '../contracts/features.ts'
import { symbolGlob } from '../contracts/symbol.ts'
import { timeframes } from '../contracts/timeframe.ts'
import type { Catalogue } from './catalog/family.ts'
import { type Definition, defineFeature, digestOfSet, onFilled, withinRange } from './definition.ts'
import { columnNames } from './plain-names.ts'
import type { Frame } from './symbol-folds.ts'
import type { Binding } from './vector-reading.ts'

/** A declared set with what reading it needs, resolved once. */
export type DeclaredSet = {
  readonly set: FeatureSet
  /** Name of its rows where replicas share them: equal keys mean equal rows. */
  readonly key: string
  readonly definitions: readonly Definition[]
  /** The series of the set's timeframe. */
  readonly frame: Frame
  /** One status per column, all `ok`: shared by every complete vector. */
  readonly allOk: readonly FeatureStatus[]
  readonly maxAgeMs: number
  readonly wants: (symbol: string) => boolean
  readonly bindings: Map<string, Binding>
}

const toleranceMs = 60_000
const windowAtMost = 1_000

type Context = Pick<FeatureSetSpec, 'timeframe' | 'gaps'> & { readonly catalogue: Catalogue | undefined }

function definitionOf(id: string, { timeframe, gaps, catalogue }: Context, range: ValueRange | undefined): Definition {
  const plain = defineFeature(id, timeframe, catalogue)
  const definition = range === undefined ? plain : withinRange(plain, range)
  return gaps === undefined ? definition : onFilled(definition, { flat: gaps.flat, of: timeframe })
}

/** Resolves a set: throws `unknown_feature` for an id that is not in the catalogue, `validation_failed` for an empty set, an id twice, a timeframe shorter than the set's or a window out of range. */
export function declareSet(spec: FeatureSetSpec, catalogue?: Catalogue): DeclaredSet {
  const { timeframe, features, labels, window } = spec
  if (features.length === 0) throw new ServingError('validation_failed', 'A feature set needs at least one feature')
  if (!Number.isInteger(window) || window < 1 || window > windowAtMost)
    throw new ServingError('validation_failed', `window must be a whole number from 1 to ${windowAtMost}`)
  const definitions = features.map((id, column) => definitionOf(id, { ...spec, catalogue }, spec.ranges?.[column]))
  const twice = features.find((id, position) => features.indexOf(id) !== position)
  if (twice !== undefined) throw new ServingError('validation_failed', `The feature ${twice} is there twice`)
  const barMs = timeframes[timeframe]
  const shorter = definitions.find((definition) => timeframes[definition.timeframe] % barMs !== 0)
  if (shorter) throw new ServingError('validation_failed', `${shorter.id} cannot be in a set on ${timeframe}: its bars are not made of whole ${timeframe} bars`)
  const globs = spec.symbols.map(symbolGlob)
  const set = {
    digest: digestOfSet(timeframe, definitions),
    ids: [...features],
    spec,
    columnOf: new Map([...columnNames(features, timeframe), ...(labels ?? []).map((label, column) => [label, column] as const)]),
    ranges: definitions.map(({ range }) => range),
  }
  return {
    set,
    key: `${set.digest.slice(0, 32)}.${window}`,
    definitions,
    frame: { timeframe, ...(spec.gaps && { fill: { flat: spec.gaps.flat, of: timeframe } }) },
    allOk: Object.freeze(features.map(() => 'ok' as const)),
    maxAgeMs: Math.min(spec.maxAgeMs ?? Infinity, barMs + toleranceMs),
    wants: (symbol) => globs.some((matches) => matches(symbol)),
    bindings: new Map(),
  }
}
