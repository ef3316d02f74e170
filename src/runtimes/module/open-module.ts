import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ServingError } from '../../contracts/error.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import type { ProcessModel } from '../process/serve-inference.ts'
import type { Tensor } from '../process/tensor.ts'
import { withComplement } from '../with-complement.ts'
import { importModule } from './import-module.ts'
import type { ModuleBundle, ModuleModel } from './module-model.ts'

/** What the process is told to open: `files` are the artefact's files, by absolute path, and the hex SHA-256 that each must have. */
export type ModuleArgs = { readonly bundle: ModuleBundle; readonly files: Readonly<Record<string, string>> }

const invalid = (why: string, cause?: unknown): ServingError => new ServingError('model_output_invalid', why, { cause })

/** What lies below a folder and is none itself, a link included; nothing of what is no folder. */
async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return []
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name))
}

/** A restart runs the code that was verified, or none: also none that came later, and is found before it. */
async function checkFiles({ bundle, files }: ModuleArgs): Promise<void> {
  for (const [path, wanted] of Object.entries(files)) {
    const bytes = await readFile(path).catch((error: unknown) => {
      throw refuse(`${basename(path)} cannot be read; restore the bundle.`, error)
    })
    if (createHash('sha256').update(bytes).digest('hex') !== wanted)
      throw refuse(`${basename(path)} is not the file that was verified: its SHA-256 differs. Restore it, or publish the change as a new version.`)
  }
  for (const path of await filesBelow(bundle.path))
    if (!Object.hasOwn(files, path))
      throw refuse(`${basename(path)} is none of the files that were verified. Remove it, or publish the change as a new version.`)
}

/** Tells the log all and the caller the kind: messages and traces are the operator's. */
function thrown(where: string, error: unknown): string {
  process.stderr.write(`${where} of the module threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return `${where} of the module threw ${error instanceof Error ? error.name : typeof error}; the server log has its message`
}

async function loadModel(bundle: ModuleBundle): Promise<ModuleModel> {
  const load = await importModule(bundle.path)
  let model: ModuleModel
  try {
    model = await load(bundle)
  } catch (error) {
    throw refuse(thrown('load', error), error)
  }
  if (typeof model?.predict === 'function') return model
  throw refuse('load of the module must give an object with a function predict(rows, count).')
}

async function predict(
  model: ModuleModel,
  rows: Float64Array,
  { count, outputs }: { readonly count: number; readonly outputs: number },
): Promise<Float64Array> {
  let values: unknown
  try {
    values = await model.predict(rows, count)
  } catch (error) {
    throw invalid(thrown('predict', error), error)
  }
  if (!(values instanceof Float64Array)) throw invalid('predict of the module must give a Float64Array')
  if (values.length === count * outputs) return values
  if (values.length === count && outputs === 2) return withComplement(values)
  throw invalid(`predict of the module gave ${values.length} values for ${count} rows; the manifest needs ${outputs} for each`)
}

/** Opens a module inside its process and tries it on a row of zeros. Throws `model_verification_failed` with what to do. */
export async function openModule(args: ModuleArgs): Promise<ProcessModel> {
  await checkFiles(args)
  const { bundle } = args
  const model = await loadModel(bundle)
  const { features, window, outputs } = bundle
  await predict(model, new Float64Array(features.length * window), { count: 1, outputs }).catch((error: unknown) => {
    throw error instanceof ServingError ? refuse(`On a row of zeros: ${error.message}`, error) : error
  })
  return {
    info: { version: process.versions.node },
    async call([rows]) {
      const { data, shape } = rows as Tensor & { readonly data: Float64Array }
      const [count = 0] = shape
      return [{ name: 'outputs', shape: [count, outputs], data: await predict(model, data, { count, outputs }) }]
    },
  }
}
