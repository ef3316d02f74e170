import { basename, dirname, resolve } from 'node:path'
import type { ManifestFile } from './manifest-file.ts'
import type { ManifestReading } from './prepare-answer.ts'
import { parseManifest } from './read-manifest.ts'

/** Why a bundle is not served from where it lies; undefined where it is. */
export function misplaced({ manifest: { name, version } }: ManifestFile, path: string): string | undefined {
  const whole = resolve(path)
  if (basename(whole) === version && basename(dirname(whole)) === name) return undefined
  return `model.yaml says ${name} ${version}; the folder must be ${name}/${version}`
}

/** What the bytes of a `model.yaml` say of the bundle in a folder, or why there is none. Never throws. */
export function readingOf(dir: string, bytes: Buffer): ManifestReading {
  try {
    const file = parseManifest(dir, bytes)
    const reason = misplaced(file, dir)
    return reason === undefined ? file : { reason }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}
