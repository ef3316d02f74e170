import { readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { ServingError } from '../../contracts/error.ts'
import type { Catalogue, Family } from '../catalog/family.ts'
import { ownCatalogue } from '../catalog/index.ts'
import { defineFeature, usualId } from '../definition.ts'
import { operations } from '../expressions/operations.ts'
import { plainNames } from '../plain-names.ts'
import { proveFeature } from '../proofs/prove.ts'
import { guardedKernel, type OnFault } from './guarded-kernel.ts'
import { importFeatureModule } from './import-feature-module.ts'
import type { ModuleFeature } from './module-feature.ts'
import { readFeatureExport } from './module-shape.ts'
import { faultInUse } from './try-feature.ts'

const isModule = (name: string): boolean => /^(?!.*\.(?:test|d)\.m?ts$).+\.m?[jt]s$/.test(name)
const refusal = (problems: readonly string[]): ServingError =>
  new ServingError('validation_failed', `Modules of features have ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n  ${problems.join('\n  ')}`)

/** The files of a listed path: itself, or the modules that lie in it. */
function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
  } catch {
    throw refusal([`${path} is listed in features.modulePaths and is not there`])
  }
  return readdirSync(path)
    .filter(isModule)
    .toSorted()
    .map((name) => join(path, name))
}

/** Refuses a file that a link leads to from outside of what is listed. */
function checkListed(file: string, listed: readonly string[]): void {
  const real = realpathSync(file)
  const roots = listed.map((path) => realpathSync(path))
  if (roots.some((root) => real === root || real.startsWith(`${root}${sep}`))) return
  throw new ServingError(
    'validation_failed',
    `${file}: is a link to ${real}, which features.modulePaths does not list. A module runs as code of this server's user: list that path itself if it is yours.`,
  )
}

/** A feature of a module as a family of the catalogue. */
function familyOf(feature: ModuleFeature, file: string, around: { readonly sha256: string; readonly onFault: OnFault }): Family {
  const { name } = feature
  return {
    ...feature,
    source: feature.source ?? `module ${basename(file)}`,
    version: 1,
    perTimeframe: true,
    output: 0,
    kernelKey: (params) => `${name}(${params.join()}) of ${around.sha256}`,
    kernel: (params) => guardedKernel(`${name}(${params.join()})`, feature.kernel(params), around.onFault),
  }
}

/** Why a name cannot be used; undefined if it can. */
function clash(name: string, catalogue: Catalogue): string | undefined {
  if (ownCatalogue.has(name)) return `${name} is a feature of the catalogue: choose another name`
  if (operations.has(name) || Object.hasOwn(plainNames, name)) return `${name} is known already as a function or a plain name: choose another name`
  return catalogue.has(name) ? `${name} is exported twice (${catalogue.get(name)?.source}): choose another name` : undefined
}

/** Runs the proofs of a feature with its usual parameters; what fails, in words. */
function unproven(family: Family): string | undefined {
  try {
    const steps = proveFeature(defineFeature(usualId(family, '1m'), '1m', new Map([[family.name, family]])))
    while (steps.next().done !== true);
    return undefined
  } catch (error) {
    if (error instanceof ServingError) return error.message
    throw error
  }
}

type Loading = { readonly catalogue: Map<string, Family>; readonly problems: string[]; readonly onFault: OnFault }

async function loadFile(file: string, listed: readonly string[], { catalogue, problems, onFault }: Loading): Promise<void> {
  checkListed(file, listed)
  const { exports, sha256 } = await importFeatureModule(file)
  if (Object.keys(exports).length === 0) problems.push(`${file}: exports nothing; export an object for each feature`)
  for (const [key, value] of Object.entries(exports)) {
    const feature = readFeatureExport(value)
    if (typeof feature === 'string') {
      problems.push(`${file}: ${key}: ${feature}`)
      continue
    }
    const family = familyOf(feature, file, { sha256, onFault })
    const fault = clash(feature.name, catalogue) ?? faultInUse(feature) ?? unproven(family)
    if (fault === undefined) catalogue.set(feature.name, family)
    else problems.push(`${file}: ${key}: ${fault}`)
  }
}

/** Does work; a refusal is noted beside the others. */
async function attempt({ problems }: Loading, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ServingError)) throw error
    problems.push(error.message)
  }
}

/**
 * The catalogue with the features of the modules that an operator lists, files or folders of `.js`, `.mjs`, `.ts` and `.mts`. They run in this process, as code of its user. Each is tried and proven
 * before anyone can name it; `onFault` hears what one throws later. Throws one `validation_failed` with every problem.
 */
export async function loadFeatureModules(paths: readonly string[], onFault: OnFault = () => {}): Promise<Catalogue> {
  const loading: Loading = { catalogue: new Map(ownCatalogue), problems: [], onFault }
  for (const file of paths.flatMap(filesOf)) await attempt(loading, () => loadFile(file, paths, loading))
  if (loading.problems.length > 0) throw refusal(loading.problems)
  return loading.catalogue
}
