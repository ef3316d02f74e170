import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Manifest } from '../contracts/manifest.ts'
import { refuse } from '../contracts/model-refusal.ts'

const largestFile = 2 ** 31
/** So much is read at once: the system copies it without a break, whoever wants the processor meanwhile. */
const pieceBytes = 1 << 16

/** Every file below a folder, as inner paths with `/`; a link of any kind is refused. */
function listFiles(root: string, folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(root, path)
    if (!entry.isFile()) throw refuse(`${relative(root, path)} is a link or no plain file; put the file itself into the bundle`)
    return [relative(root, path).replaceAll('\\', '/')]
  })
}

/** In pieces: memory for a file of 100 MB, which is new each time, costs the machine more than its hash. */
function sha256Of(path: string, piece: Uint8Array): string {
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** Every file of a bundle beside its manifest, as inner paths. */
const listBundle = (dir: string): string[] => listFiles(dir).filter((path) => path !== 'model.yaml' && path !== 'model.yaml.sig')

/** `files` of a manifest as the files lie there now. Throws `model_verification_failed` for a link, and what the disk throws. */
export function digestsOf(dir: string): Manifest['files'] {
  const piece = new Uint8Array(pieceBytes)
  return Object.fromEntries(
    listBundle(dir)
      .toSorted()
      .map((path) => [path, sha256Of(join(dir, path), piece)]),
  )
}

/** Holds the files of a bundle to its manifest: exactly those named, with exactly those bytes. Throws `model_verification_failed` naming the file. */
export function checkFiles(dir: string, { files }: Manifest): void {
  const present = new Set(listBundle(dir))
  for (const path of present) if (!Object.hasOwn(files, path)) throw refuse(`${path} is not named in files; add its SHA-256 or remove it`)
  const piece = new Uint8Array(pieceBytes)
  for (const [path, wanted] of Object.entries(files)) {
    if (!present.has(path)) throw refuse(`${path} is named in files but is not there; copy the bundle again`)
    const full = join(dir, path)
    if (lstatSync(full).size > largestFile) throw refuse(`${path} is larger than 2 GiB`)
    const got = sha256Of(full, piece)
    if (got !== wanted)
      throw refuse(
        `${path} has SHA-256 ${got.slice(0, 12)}…, files says ${wanted.slice(0, 12)}…: it is damaged or was changed after it was saved; save or copy the bundle again, or seal it again (presage models seal) if you write it by hand`,
      )
  }
}
