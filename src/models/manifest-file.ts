import { hash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../contracts/manifest.ts'
import { refuse } from '../contracts/model-refusal.ts'

/** A manifest as it lies on disk: `digest` is the SHA-256 of its bytes and so the identity of the bundle. */
export type ManifestFile = { readonly dir: string; readonly digest: string; readonly manifest: Manifest }

/** Longest manifest that is read: 2,000 features with all that is said of each take a third of this. */
const mostBytes = 1 << 20
/** Longest manifest that is parsed beside answers: one of 1 MiB takes a second, which all who are answered meanwhile would wait. */
export const mostParsedHere = 16_384

const noPlainFile = 'model.yaml is a link or no plain file; put the file itself into the bundle'

/** A link is not followed, and a pipe that nobody writes to not waited for: whatever a bundle holds, those who are answered meanwhile must not wait for it. */
function openManifest(dir: string): number {
  try {
    return openSync(join(dir, 'model.yaml'), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') throw refuse(noPlainFile, cause)
    throw refuse('model.yaml cannot be read: a bundle is a folder with a model.yaml and the files that it names', cause)
  }
}

/** The bytes of `model.yaml` of a bundle folder, a plain file of at most 1 MiB; anything else is refused unread. Throws `model_verification_failed`. */
export function manifestBytes(dir: string): Buffer {
  const file = openManifest(dir)
  try {
    const facts = fstatSync(file)
    if (!facts.isFile()) throw refuse(noPlainFile)
    if (facts.size > mostBytes) throw refuse(`model.yaml has ${facts.size} bytes; at most ${mostBytes} are read`)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** SHA-256 of a manifest's bytes, hexadecimal. */
export const digestOf = (bytes: Buffer): string => hash('sha256', bytes)

/** Inner paths and SHA-256 of the files that are the artefact: one file, or all below a folder. */
export const artefactFiles = ({ files, artefact }: Pick<Manifest, 'files' | 'artefact'>): [string, string][] =>
  Object.entries(files).filter(([path]) => path === artefact.path || path.startsWith(`${artefact.path}/`))
