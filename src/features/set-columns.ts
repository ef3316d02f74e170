import type { FeatureSetSpec, ValueRange } from '../contracts/features.ts'
import type { PlacedDocument } from '../documents/placed-document.ts'
import { ownCatalogue } from './catalog/index.ts'
import { type Definition, type FeatureContext, readFeature } from './definition.ts'
import { operations } from './expressions/operations.ts'
import { overlap, rangeText } from './expressions/ranges.ts'
import { FeatureTextError } from './expressions/refuse-text.ts'
import { idOf, type Term } from './expressions/terms.ts'
import { labelNames } from './labels/label-columns.ts'
import { attempt, NamedTerms } from './named-terms.ts'
import { plainNames } from './plain-names.ts'
import type { SetContent } from './set-document.ts'

type Path = readonly (string | number)[]
type Written = SetContent['features'] extends infer Features ? (Features extends readonly (infer Item)[] ? Item : never) : never

/** Ids in column order, the names of the columns where the set gives names, and the ranges that it declares. */
export type Columns = Pick<FeatureSetSpec, 'features' | 'labels' | 'ranges'>

/** One entry of `features`: where it stands, its name if it has one, its text, and how many of its past values are columns too. */
type Entry = { readonly path: Path; readonly name: string | undefined; readonly text: string; readonly lag: number; readonly range: ValueRange | undefined }

function entryOf(written: Written, path: Path, name: string | undefined): Entry {
  if (typeof written === 'string') return { path, name, text: written, lag: 0, range: undefined }
  const [min, max] = written.range ?? []
  const range = written.range && { min: min ?? -Infinity, max: max ?? Infinity }
  return { path: [...path, 'value'], name, text: written.value, lag: written.lag ?? 0, range }
}

const entriesOf = (features: SetContent['features']): Entry[] =>
  Array.isArray(features)
    ? features.map((written, i) => entryOf(written, ['features', i], undefined))
    : Object.entries(features).map(([name, written]) => entryOf(written, ['features', name], name))

/** Where columns are read: the timeframe of their set, and the catalogue. */
export type ColumnContext = Omit<FeatureContext, 'names'>

const taken = new Set([...operations.keys(), ...Object.keys(plainNames)])
const plain = /^[a-z][a-z0-9_]{0,63}$/
const columnsAtMost = 2_000

/** Why a column cannot have a name. */
function nameFault(name: string, labels: readonly string[], { catalogue = ownCatalogue }: ColumnContext): string | undefined {
  if (!plain.test(name)) return `${JSON.stringify(name)}: a name begins with a letter and has up to 64 of a-z, 0-9 and _`
  if (labelNames.has(name)) return `${name} is a column of labels, which know the future: choose another name`
  if (taken.has(name) || catalogue.has(name)) return `${name} is known already as a feature or function: choose another name`
  return labels.includes(name) ? `${name} is the name of two columns` : undefined
}

/** Why a column cannot have a range. */
function rangeFault({ range: can }: Definition, asked: ValueRange | undefined): { readonly why: string; readonly at: number } | undefined {
  if (asked === undefined || overlap(can, asked)) return undefined
  const why = asked.min > asked.max ? 'range is written [least, most]' : `it is ${rangeText(can)}, never ${rangeText(asked)}: choose another range`
  return { why, at: 0 }
}

/** The column itself, then its past values: `lag(x,1)` to `lag(x,k)`. */
function withLags({ definition, term }: { readonly definition: Definition; readonly term: Term }, lag: number, around: FeatureContext): string[] {
  const { id, timeframe } = definition
  const lags = Array.from({ length: lag }, (_, i): Term => ({ kind: 'operation', name: 'lag', of: [term], params: [i + 1] }))
  return [id, ...lags.map((past) => readFeature(idOf(past, timeframe), { ...around, timeframe }).definition.id)]
}

/** Resolves the features of a set; what is refused is noted in the document with its place. */
export function readColumns(document: PlacedDocument, written: SetContent['features'], context: ColumnContext): Columns {
  const entries = entriesOf(written)
  const names = new NamedTerms(new Map(entries.flatMap(({ name, text }) => (name === undefined ? [] : [[name, text] as const]))), context)
  const around = { ...context, names }
  const features: string[] = []
  const labels: string[] = []
  const ranges: (ValueRange | undefined)[] = []
  for (const { path, name, text, lag, range } of entries) {
    const own = name === undefined ? [] : [name, ...Array.from({ length: lag }, (_, i) => `${name}_lag${i + 1}`)]
    const fault = own.map((label) => nameFault(label, labels, context)).find((why) => why !== undefined)
    const reading = name === undefined ? attempt(text, around) : names.reading(name)
    const refused = reading instanceof FeatureTextError ? { why: reading.message, at: reading.place.at } : rangeFault(reading.definition, range)
    if (fault !== undefined) document.refuse(path, fault)
    else if (refused) document.refuse(path, refused.why, refused.at)
    else if (!(reading instanceof FeatureTextError)) features.push(...withLags(reading, lag, around))
    ranges.push(...Array.from({ length: 1 + lag }, () => range))
    labels.push(...own)
  }
  if (features.length > columnsAtMost) document.refuse(['features'], `${features.length} columns, ${columnsAtMost} are allowed`)
  return { features, ...(labels.length > 0 && { labels }), ...declaredRanges(ranges) }
}

const declaredRanges = (ranges: readonly (ValueRange | undefined)[]): Pick<Columns, 'ranges'> => (ranges.some((range) => range !== undefined) ? { ranges } : {})
