import { constants } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import { ServingError } from '../../contracts/error.ts'
import { type CompiledForest, compileForest } from '../../trees/compile.ts'
import { parseLightGbm } from '../../trees/lightgbm.ts'
import { type CompiledExplanations, compileExplanations } from '../../trees/shap/compile-explanations.ts'
import { ModelFormatError } from '../../trees/model-format-error.ts'
import { parseSklearnTrees } from '../../trees/sklearn.ts'
import type { Ensemble } from '../../trees/ensemble.ts'
import { parseXgBoostJson, parseXgBoostUbj } from '../../trees/xgboost.ts'
import type { ArtefactFormat } from '../../contracts/artefact-formats.ts'
import { requireSame } from '../require-same.ts'
import type { ArtefactSpec } from '../runtime.ts'

/** All of a forest that runs: what predicts, and what explains where that is possible. Plain data. */
export type CompiledTrees = { readonly forest: CompiledForest; readonly explanations: CompiledExplanations | undefined }

function checkShape({ inputs, outputs }: { readonly inputs: number; readonly outputs: number }, spec: ArtefactSpec): void {
  const wanted = spec.inputs * spec.window
  if (inputs !== wanted)
    throw new ServingError(
      'model_verification_failed',
      `The trees take ${inputs} inputs, the manifest lists ${wanted}; make inputs.features the training columns in order`,
    )
  if (outputs !== spec.outputs && !(outputs === 1 && spec.outputs === 2))
    throw new ServingError('model_verification_failed', `The trees give ${outputs} outputs, the manifest lists ${spec.outputs} classes`)
}

/** A file that names its columns as the manifest does, but elsewhere, would be given the values of others. */
function checkColumns({ featureNames }: Pick<Ensemble, 'featureNames'>, { features, window }: ArtefactSpec): void {
  const at = new Map(features.map((id, column) => [id, column]))
  const moved = window > 1 ? -1 : featureNames.findIndex((name, column) => (at.get(name) ?? column) !== column)
  const name = featureNames[moved]
  if (name !== undefined)
    throw new ServingError(
      'model_verification_failed',
      `Column ${moved} of the trees is ${name}, which inputs.features has in place ${at.get(name)} (counted from 0); list the training columns in their order`,
    )
}

/** What reads each format of trees. */
export const treeReaders: Partial<Record<ArtefactFormat, (bytes: Uint8Array) => Ensemble>> = {
  lightgbm: (bytes) => parseLightGbm(new TextDecoder().decode(bytes)),
  'xgboost-json': (bytes) => parseXgBoostJson(new TextDecoder().decode(bytes)),
  'xgboost-ubj': parseXgBoostUbj,
  'sklearn-trees': (bytes) => parseSklearnTrees(new TextDecoder().decode(bytes)),
}

/** What a text may have, as its bytes become one string: 512 MiB less 24 bytes. */
const mostBytes = constants.MAX_STRING_LENGTH

/** The bytes of a file of trees. Throws `model_verification_failed`, before any is read, where there are more than a string can hold. */
export function readTreesFile(path: string): Uint8Array {
  const { size } = statSync(path)
  if (size > mostBytes)
    throw new ServingError('model_verification_failed', `The model file has ${size} bytes; a file of trees may have ${mostBytes}: train with fewer trees`)
  return readFileSync(path)
}

/** The trees of an artefact. Throws `model_verification_failed`, ModelFormatError. */
export function readEnsemble({ path, format, files }: ArtefactSpec): Ensemble {
  const read = treeReaders[format]
  if (read === undefined)
    throw new ServingError(
      'model_verification_failed',
      `The runtime "trees" reads ${Object.keys(treeReaders).join(', ')}, not ${format}; correct artefact.format or runtime`,
    )
  const bytes = readTreesFile(path)
  // A file that belongs to no bundle has no digest.
  if (Object.hasOwn(files, path)) requireSame('The model file', bytes, files[path])
  return read(bytes)
}

/** Reads, parses and compiles a forest. Takes long, so it belongs in a process of its own. Throws `model_verification_failed` with line and tree. */
export function compileTrees(spec: ArtefactSpec): CompiledTrees {
  try {
    const ensemble = readEnsemble(spec)
    checkShape(ensemble, spec)
    checkColumns(ensemble, spec)
    return { forest: compileForest(ensemble), explanations: compileExplanations(ensemble) }
  } catch (cause) {
    if (!(cause instanceof ModelFormatError)) throw cause
    throw new ServingError('model_verification_failed', `The model file (${spec.format}) cannot be used: ${cause.message}`, { cause })
  }
}
