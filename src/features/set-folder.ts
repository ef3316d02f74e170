import type { FeatureSetSpec } from '../contracts/features.ts'
import { type DocumentFile, type Reading, readFolder, readOne } from '../documents/document-folder.ts'
import type { Catalogue } from './catalog/family.ts'
import { readSetFile, type SetDefaults } from './set-file.ts'

const kind = 'Declared sets'

const readSet =
  (defaults: Omit<SetDefaults, 'file'>) =>
  ({ source, file, name }: DocumentFile): Reading<FeatureSetSpec> => {
    const { spec, problems } = readSetFile(source, { name, ...defaults, file })
    return { content: spec, problems }
  }

/** The set of one file, named after it unless it says its name. Throws `validation_failed` with every problem, one a line. */
export const loadSet = (file: string, defaults: Omit<SetDefaults, 'file'> = {}): FeatureSetSpec => readOne(file, { kind, read: readSet(defaults) })

/** The sets of a folder, in the order of its `*.yaml` files; none if it is not there. Throws one `validation_failed` with every problem of every file. */
export const loadSets = (folder: string, catalogue?: Catalogue): FeatureSetSpec[] => readFolder(folder, { kind, one: 'set', read: readSet({ catalogue }) })
