import { type Dirent, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { modelNamePattern, semverPattern } from '../contracts/manifest.ts'
import type { ManifestFile } from './manifest-file.ts'
import { readManifest } from './read-manifest.ts'

/** What lies in a models folder: bundles, and folders that look like one but are none. */
export type Scan = { readonly bundles: readonly ManifestFile[]; readonly rejected: readonly { readonly path: string; readonly reason: string }[] }

const isName = new RegExp(modelNamePattern)
const isVersion = new RegExp(semverPattern)
const folders = (path: string): Dirent[] => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())

/** Why a bundle is not served from where it lies; undefined where it is. */
export function misplaced({ manifest: { name, version } }: ManifestFile, path: string): string | undefined {
  const whole = resolve(path)
  if (basename(whole) === version && basename(dirname(whole)) === name) return undefined
  return `model.yaml says ${name} ${version}; the folder must be ${name}/${version}`
}

/** Bundles of `NAME/VERSION/` folders; other names (such as those of a copy that is still under way) are left alone. Undefined when the folder cannot be read: no news, not no models. The event loop turns between bundles. */
export async function scanFolder(dir: string): Promise<Scan | undefined> {
  const bundles: ManifestFile[] = []
  const rejected: { path: string; reason: string }[] = []
  try {
    for (const model of folders(dir).filter(({ name }) => isName.test(name)))
      for (const version of folders(join(dir, model.name)).filter(({ name }) => isVersion.test(name))) {
        await nextTurn()
        const path = join(dir, model.name, version.name)
        try {
          const file = readManifest(path)
          const reason = misplaced(file, path)
          if (reason === undefined) bundles.push(file)
          else rejected.push({ path, reason })
        } catch (error) {
          rejected.push({ path, reason: error instanceof Error ? error.message : String(error) })
        }
      }
  } catch {
    return undefined
  }
  return { bundles, rejected }
}
