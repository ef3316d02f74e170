import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ServingError } from '../../contracts/error.ts'
import { firstLine } from '../../contracts/first-line.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import type { LoadModule } from './module-model.ts'

const indexFiles = ['index.mjs', 'index.js', 'index.mts', 'index.ts']

/** The file that is imported: the artefact itself, or the index file of the folder that it is. */
function entryOf(path: string): string {
  if (!statSync(path).isDirectory()) return path
  const index = indexFiles.map((name) => join(path, name)).find((file) => existsSync(file))
  if (index === undefined)
    throw refuse(`The folder of the artefact has none of ${indexFiles.join(', ')}: name its entry so, or name the file itself in artefact.path.`)
  return index
}

/** Node's words without the places on this machine, and what to do. */
function importFailure(entry: string, error: unknown): ServingError {
  const { code = '' } = error as NodeJS.ErrnoException
  const said = firstLine(error)
    .replace(/ imported from .*$/, '')
    .replaceAll(`${dirname(entry)}/`, '')
  const fix =
    code === 'ERR_MODULE_NOT_FOUND'
      ? 'Put what it imports into the bundle, written with its extension, or install the package where Node finds it from there.'
      : code.endsWith('TYPESCRIPT_SYNTAX')
        ? 'Node runs TypeScript whose types can be erased; write enums, namespaces and parameter properties in JavaScript.'
        : 'Run it with Node by itself to see more.'
  return refuse(`${basename(entry)} cannot be imported: ${said}. ${fix}`, error)
}

/** Imports a module and gives its `load`. Throws `model_verification_failed` with what to do. */
export async function importModule(path: string): Promise<LoadModule> {
  const entry = entryOf(path)
  let namespace: Readonly<Record<string, unknown>>
  try {
    namespace = await import(pathToFileURL(entry).href)
  } catch (error) {
    throw importFailure(entry, error)
  }
  const { load } = namespace
  if (typeof load === 'function') return load as LoadModule
  const names = Object.keys(namespace).join(', ') || 'nothing'
  throw refuse(`${basename(entry)} exports ${names}; it must export a function load(bundle) that gives { predict(rows, count) }.`)
}
