import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import type { FeatureSetSpec } from '../contracts/features.ts'
import type { Catalogue } from './catalog/family.ts'
import { readSetFile, type SetDefaults, type SetReading } from './set-file.ts'

const nameOf = (file: string): string => basename(file, extname(file))

/** The set of one file, named after it unless it says its name. Throws `validation_failed` with every problem, one a line. */
export function loadSet(file: string, defaults: Omit<SetDefaults, 'file'> = {}): FeatureSetSpec {
  const { spec, problems } = readSetFile(readFileSync(file, 'utf8'), { name: nameOf(file), ...defaults, file })
  if (spec) return spec
  throw refusal([{ spec, problems }])
}

function refusal(readings: readonly SetReading[]): ServingError {
  const lines = readings.flatMap(({ problems }) => problems).map(({ where, message }) => `${where}: ${message}`.replaceAll('\n', '\n  '))
  return new ServingError('validation_failed', `Declared sets have ${lines.length} problem${lines.length === 1 ? '' : 's'}:\n  ${lines.join('\n  ')}`)
}

function setFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => /\.ya?ml$/.test(file))
      .toSorted()
      .map((file) => join(folder, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The sets of a folder, in the order of its `*.yaml` files; none if it is not there. Throws one `validation_failed` with every problem of every file. */
export function loadSets(folder: string, catalogue?: Catalogue): FeatureSetSpec[] {
  const files = setFiles(folder)
  const readings = files.map((file) => readSetFile(readFileSync(file, 'utf8'), { file, name: nameOf(file), catalogue }))
  const names = readings.map(({ spec }) => spec?.name)
  const twice = readings.flatMap(({ spec }, i): SetReading[] => {
    const first = names.indexOf(spec?.name)
    return spec === undefined || first === i
      ? []
      : [{ spec, problems: [{ where: `${files[i]}:1:1`, message: `${spec.name} is the name of the set in ${files[first]} too` }] }]
  })
  const refused = [...readings.filter(({ spec }) => spec === undefined), ...twice]
  if (refused.length > 0) throw refusal(refused)
  return readings.flatMap(({ spec }) => spec ?? [])
}
