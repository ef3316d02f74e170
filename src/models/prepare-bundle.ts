import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../contracts/manifest.ts'
import { ServingError } from '../contracts/error.ts'
import { compileArtefact } from '../runtimes/compile-artefact.ts'
import { requireSame } from '../runtimes/require-same.ts'
import type { ArtefactSpec } from '../runtimes/runtime.ts'
import { checkFiles } from './check-files.ts'
import { checkOptional, type GoldenRows, parseGolden } from './golden.ts'
import { artefactFiles, digestOf, manifestBytes, type ManifestFile } from './manifest-file.ts'

/** A bundle whose files are as its manifest says: what a runtime needs to load it. Plain data: it can be sent anywhere. */
export type PreparedBundle = {
  readonly manifest: Manifest
  readonly digest: string
  readonly spec: ArtefactSpec
  readonly compiled: unknown
  readonly golden: GoldenRows | undefined
}

/** The artefact of a bundle in the words of the runtimes. */
function artefactSpec(dir: string, manifest: Manifest): ArtefactSpec {
  const { artefact, inputs, output, limits = {}, execution = {} } = manifest
  return {
    model: { name: manifest.name, version: manifest.version },
    path: join(dir, artefact.path),
    format: artefact.format,
    files: Object.fromEntries(artefactFiles(manifest).map(([path, sha256]) => [join(dir, path), sha256])),
    method: artefact.method,
    class: artefact.class,
    features: inputs.features,
    inputs: inputs.features.length,
    window: inputs.window ?? 1,
    tensors: inputs.tensors,
    outputs: output.kind === 'regression' ? 1 : (output.classes?.length ?? 1),
    tensor: output.tensor,
    kind: output.kind,
    limits,
    execution,
  }
}

/** The golden rows of a file; a refusal names it. */
function goldenOf({ dir, manifest: { files } }: Pick<ManifestFile, 'dir' | 'manifest'>, name: string, { inputs, window }: ArtefactSpec): GoldenRows {
  const bytes = readFileSync(join(dir, name))
  requireSame(name, bytes, files[name])
  try {
    return parseGolden(bytes.toString('utf8'), inputs * window)
  } catch (error) {
    if (!(error instanceof ServingError)) throw error
    throw new ServingError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}

/** Checks, parses and compiles a bundle whose manifest was read before: all the work of a load that needs no event loop. Throws `model_verification_failed`, `version_conflict`. */
export function prepareBundle(file: ManifestFile): PreparedBundle {
  if (digestOf(manifestBytes(file.dir)) !== file.digest)
    throw new ServingError('version_conflict', 'model.yaml has changed since it was found: a version never changes, save it under a new one')
  return prepareDraft(file)
}

/** The same of a manifest that does not lie in the folder yet. Throws `model_verification_failed`. */
export function prepareDraft({ dir, digest, manifest }: ManifestFile): PreparedBundle {
  checkFiles(dir, manifest)
  const spec = artefactSpec(dir, manifest)
  const golden = manifest.golden === undefined ? undefined : goldenOf({ dir, manifest }, manifest.golden, spec)
  if (golden !== undefined) checkOptional(golden, manifest.inputs)
  return { manifest, digest, spec, compiled: compileArtefact(manifest.runtime, spec), golden }
}

/** Prepares bundles in this thread: for programs that answer nobody meanwhile. */
export const prepareHere = { prepare: async (file: ManifestFile): Promise<PreparedBundle> => prepareBundle(file) }
