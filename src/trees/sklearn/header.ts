import type { Transform } from '../ensemble.ts'
import type { Recoding } from '../intake.ts'
import { ModelFormatError } from '../model-format-error.ts'
import { finiteNumber, readList, readObject, unexpected, type JsonObject } from './json-value.ts'

/** What the text says of the whole model; its trees are not read yet. */
export type Header = {
  readonly featureNames: readonly string[]
  readonly recodings: readonly Recoding[]
  readonly base: Float64Array<ArrayBuffer>
  readonly roundInputs: boolean
  readonly average: boolean
  readonly objective: string
  readonly transform: Transform
  readonly trees: unknown[]
}

const formatName = 'presage-trees'
const formatVersion = 1
/** scikit-learn's own limit (max_bins). */
const mostCategories = 255
/** Lists of categories and outputs take memory that grows faster than the text. */
const [mostRecodings, mostOutputs] = [10_000, 1_000]

const keys = ['format', 'version', 'written_by', 'objective', 'feature_names', 'categories', 'base', 'transform', 'average', 'round_inputs', 'trees'] as const

function checkFormat(model: unknown): void {
  const { format, version } = (model ?? {}) as { readonly format?: unknown; readonly version?: unknown }
  if (format !== formatName) throw unexpected(`"format" must be "${formatName}"`, format, {})
  if (version !== formatVersion) throw unexpected(`"version" must be ${formatVersion}`, version, {})
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function readText(model: JsonObject, key: string): string {
  const value = text(model[key])
  if (value === undefined) throw unexpected(`"${key}" must be a text`, model[key], {})
  return value
}

function readBoolean(model: JsonObject, key: string): boolean {
  const value = model[key]
  if (typeof value !== 'boolean') throw unexpected(`"${key}" must be true or false`, value, {})
  return value
}

function readTransform(value: unknown, outputs: number): Transform {
  const { kind, slope } = readObject(value, { required: ['kind'], optional: ['slope'] }, { what: '"transform"' })
  if (kind === 'sigmoid') {
    const steepness = finiteNumber(slope)
    if (steepness === undefined || steepness <= 0) throw unexpected('"slope" must be a positive number', slope, {})
    return { kind, slope: steepness }
  }
  if (slope !== undefined) throw new ModelFormatError('"slope" belongs to the transform "sigmoid" alone')
  if (kind === 'identity' || kind === 'exponential') return { kind }
  if (kind === 'softmax' && outputs > 1) return { kind }
  throw unexpected(`"transform" of ${outputs} outputs must be identity, exponential, sigmoid${outputs > 1 ? ' or softmax' : ''}`, kind, {})
}

function readCategories(value: unknown, input: number): Recoding {
  const what = `"categories" of input ${input}`
  const values = Float64Array.from(readList(value, { what, each: 'a finite number', read: finiteNumber }, {}))
  if (values.length > mostCategories) throw new ModelFormatError(`${what} are ${values.length}: at most ${mostCategories}`)
  if (values.some((known, i) => i > 0 && !(values[i - 1]! < known))) throw new ModelFormatError(`${what} must ascend`)
  return { input, values }
}

function readRecodings(value: unknown, inputs: number): Recoding[] {
  const lists = readList(value, { what: '"categories"', each: 'null or a list', read: (item) => item, count: inputs }, {})
  const count = lists.filter((list) => list !== null).length
  if (count > mostRecodings) throw new ModelFormatError(`"categories" has ${count} lists: at most ${mostRecodings}`)
  return lists.flatMap((list, input) => (list === null ? [] : [readCategories(list, input)]))
}

/** Everything but the trees, checked. There are as many inputs as feature names and as many outputs as first addends. Throws ModelFormatError. */
export function readHeader(json: unknown): Header {
  checkFormat(json)
  const model = readObject(json, { required: keys }, { what: 'the model' })
  readText(model, 'written_by')
  const featureNames = readList(model.feature_names, { what: '"feature_names"', each: 'a text', read: text }, {})
  const base = Float64Array.from(readList(model.base, { what: '"base"', each: 'a finite number', read: finiteNumber }, {}))
  if (featureNames.length === 0 || base.length === 0) throw new ModelFormatError('"feature_names" and "base" must not be empty')
  if (base.length > mostOutputs) throw new ModelFormatError(`"base" has ${base.length} values: at most ${mostOutputs}`)
  return {
    featureNames,
    recodings: readRecodings(model.categories, featureNames.length),
    base,
    roundInputs: readBoolean(model, 'round_inputs'),
    average: readBoolean(model, 'average'),
    objective: readText(model, 'objective'),
    transform: readTransform(model.transform, base.length),
    trees: readList(model.trees, { what: '"trees"', each: 'a tree', read: (tree) => tree }, {}),
  }
}
