import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import type { Manifest } from '../contracts/manifest.ts'

/** A manifest as it lies on disk: `digest` is the SHA-256 of its bytes and so the identity of the bundle. */
export type ManifestFile = { readonly dir: string; readonly digest: string; readonly manifest: Manifest }

/** The bytes of `model.yaml` of a bundle folder. Throws `model_verification_failed`. */
export function manifestBytes(dir: string): Buffer {
  try {
    return readFileSync(join(dir, 'model.yaml'))
  } catch (cause) {
    throw new ServingError('model_verification_failed', 'model.yaml cannot be read: a bundle is a folder with a model.yaml and the files that it names', {
      cause,
    })
  }
}

/** SHA-256 of a manifest's bytes, hexadecimal. */
export const digestOf = (bytes: Buffer): string => hash('sha256', bytes)

/** Inner paths and SHA-256 of the files that are the artefact: one file, or all below a folder. */
export const artefactFiles = ({ files, artefact }: Pick<Manifest, 'files' | 'artefact'>): [string, string][] =>
  Object.entries(files).filter(([path]) => path === artefact.path || path.startsWith(`${artefact.path}/`))
