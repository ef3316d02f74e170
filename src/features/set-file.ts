import { ServingError } from '../contracts/error.ts'
import type { FeatureSetSpec } from '../contracts/features.ts'
import { durationMs } from '../contracts/written-units.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { PlacedDocument, type Problem } from '../documents/placed-document.ts'
import type { Catalogue } from './catalog/family.ts'
import { declareSet } from './declared-set.ts'
import { readColumns } from './set-columns.ts'
import { type SetContent, SetSchema } from './set-document.ts'

/** A set as it could be read: without problems there is a specification. */
export type SetReading = { readonly spec: FeatureSetSpec | undefined; readonly problems: readonly Problem[] }

/** What the file does not say: its name, the timeframe of what it is read for, and the catalogue (our own unless another is given). */
export type SetDefaults = { readonly file: string; readonly name?: string; readonly timeframe?: Timeframe; readonly catalogue?: Catalogue | undefined }

/** The specification that a file stands for; refusals are noted in its document. */
function specOf(document: PlacedDocument, content: SetContent, { name, timeframe, catalogue }: SetDefaults): FeatureSetSpec | undefined {
  const { window = 1, symbols = ['*'], max_age: maxAge, gaps = 'restart' } = content
  const own = content.timeframe ?? timeframe
  if (own === undefined) {
    document.refuse([], 'timeframe must be written')
    return undefined
  }
  const named = content.name ?? name
  return {
    timeframe: own,
    ...readColumns(document, content.features, { timeframe: own, catalogue }),
    window,
    symbols,
    ...(gaps === 'restart' ? {} : { gaps }),
    ...(maxAge === undefined ? {} : { maxAgeMs: durationMs(maxAge) }),
    ...(named === undefined ? {} : { name: named }),
  }
}

/** Reads a declared set. Every problem is named with its line and column; those of expressions with a caret. */
export function readSetFile(source: string, defaults: SetDefaults): SetReading {
  const document = new PlacedDocument(source, defaults.file)
  const { problems } = document
  const content = document.read(SetSchema, 'must be a feature as text; inside [ ] a comma ends a text, so it needs quotes there')
  if (content === undefined) noteColumns(document, defaults)
  const spec = content && specOf(document, content, defaults)
  if (spec && problems.length === 0) tryDeclare(document, spec, defaults.catalogue)
  return { spec: problems.length === 0 ? spec : undefined, problems }
}

/** What is wrong with the features of a set whose other parts cannot be used. */
function noteColumns(document: PlacedDocument, { timeframe, catalogue }: SetDefaults): void {
  const [features, own] = [document.part('features', SetSchema.properties.features), document.part('timeframe', SetSchema.properties.timeframe) ?? timeframe]
  if (features !== undefined && own !== undefined) readColumns(document, features, { timeframe: own, catalogue })
}

/** What the parts cannot know: a feature twice, a timeframe shorter than the set's. */
function tryDeclare(document: PlacedDocument, spec: FeatureSetSpec, catalogue: Catalogue | undefined): void {
  try {
    declareSet(spec, catalogue)
  } catch (error) {
    if (!(error instanceof ServingError)) throw error
    document.refuse(['features'], error.message)
  }
}
