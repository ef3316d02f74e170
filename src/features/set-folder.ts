import type { FeatureSetSpec } from '../contracts/features.ts'
import { type DocumentFile, type Reading, readDocument, readFolder, refusalOf } from '../documents/document-folder.ts'
import type { Catalogue } from './catalog/family.ts'
import { readSetFile, type SetDefaults } from './set-file.ts'

const kind = 'Declared sets'

/** The set of one file, named after it unless it says its name. Throws `validation_failed` with every problem, one a line. */
export function loadSet(file: string, defaults: Omit<SetDefaults, 'file'> = {}): FeatureSetSpec {
  const { source, name } = readDocument(file)
  const { spec, problems } = readSetFile(source, { name, ...defaults, file })
  if (spec) return spec
  throw refusalOf(kind, problems)
}

/** The sets of a folder, in the order of its `*.yaml` files; none if it is not there. Throws one `validation_failed` with every problem of every file. */
export function loadSets(folder: string, catalogue?: Catalogue): FeatureSetSpec[] {
  const read = ({ source, file, name }: DocumentFile): Reading<FeatureSetSpec> => {
    const { spec, problems } = readSetFile(source, { file, name, catalogue })
    return { content: spec, problems }
  }
  return readFolder(folder, { kind, one: 'set', read })
}
