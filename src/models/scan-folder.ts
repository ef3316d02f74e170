import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { modelNamePattern, semverPattern } from '../contracts/manifest.ts'
import { digestOf, type ManifestFile, manifestBytes, mostParsedHere } from './manifest-file.ts'
import { readingOf } from './manifest-reading.ts'
import type { ManifestReading, UnreadManifest } from './prepare-answer.ts'

type Rejected = { readonly path: string; readonly reason: string }

/** What lies in a models folder: bundles, folders that look like one but are none, and folders of a model that cannot be looked into, of whose bundles nothing is known. */
export type Scan = { readonly bundles: readonly ManifestFile[]; readonly rejected: readonly Rejected[]; readonly closed: readonly Rejected[] }

const isName = new RegExp(modelNamePattern)
const isVersion = new RegExp(semverPattern)
const folders = (path: string): Dirent[] => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())

/** Folders that were meant as bundles: those that hold a `model.yaml`, but for names that begin with a dot, such as of a copy that is still under way. */
const isMeant = (path: string): boolean => !basename(path).startsWith('.') && existsSync(join(path, 'model.yaml'))

function versionFault(name: string): string {
  const bare = name.replace(/^v/i, '')
  return bare !== name && isVersion.test(bare)
    ? `the folder of a version is named ${bare}, without ${name[0]}`
    : `the folder of a version is named as the version in its model.yaml, three numbers such as 1.2.0, not ${name}`
}
function modelFault(name: string): string {
  const fit = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 64)
  return `the folder of a model is named as the model in model.yaml, with a-z, 0-9 and _ alone (at most 64), such as ${fit}, not ${name}`
}

/** What was meant as a bundle below a folder that can be that of no model; one that cannot be read is nobody's bundle. */
function strays(path: string): Rejected[] {
  const name = basename(path)
  if (name.startsWith('.')) return []
  try {
    const inner = folders(path).map((entry) => join(path, entry.name))
    return inner.filter(isMeant).map((version) => ({ path: version, reason: modelFault(name) }))
  } catch {
    return []
  }
}

const rejection = (path: string, error: unknown): Rejected => ({ path, reason: error instanceof Error ? error.message : String(error) })

const readHere = async ({ dir, bytes }: UnreadManifest): Promise<ManifestReading> => readingOf(dir, Buffer.from(bytes))

type Read = { readonly digest: string; readonly is: ManifestFile | Rejected }

/** What scans have read: to parse a manifest takes long, and most are as they were the time before. */
export class ReadBundles {
  readonly #readLarge: (unread: UnreadManifest) => Promise<ManifestReading>
  #before: ReadonlyMap<string, Read> = new Map()
  #now = new Map<string, Read>()

  /** `readLarge` parses manifests that take long, in this thread where nobody is answered meanwhile; where it throws, another scan asks it again. */
  constructor(readLarge: (unread: UnreadManifest) => Promise<ManifestReading> = readHere) {
    this.#readLarge = readLarge
  }

  /** The bundle in a folder, or why it is none; parsed if its bytes are not those of the scan before. Never throws. */
  async read(path: string): Promise<ManifestFile | Rejected> {
    try {
      const bytes = manifestBytes(path)
      const digest = digestOf(bytes)
      const before = this.#before.get(path)
      const read = before?.digest === digest ? before : { digest, is: await this.#parsed(path, bytes) }
      this.#now.set(path, read)
      return read.is
    } catch (error) {
      return rejection(path, error)
    }
  }

  async #parsed(path: string, bytes: Buffer): Promise<ManifestFile | Rejected> {
    const reading = bytes.length > mostParsedHere ? await this.#readLarge({ dir: resolve(path), bytes }) : readingOf(path, bytes)
    return 'manifest' in reading ? reading : { path, reason: reading.reason }
  }

  /** A scan is over: what it did not come by is forgotten. */
  turn(): void {
    this.#before = this.#now
    this.#now = new Map()
  }
}

/** The folders in that of a model, none where it went meanwhile; why it cannot be looked into where that is so. */
function versionsIn(path: string): Dirent[] | string {
  try {
    return folders(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? [] : `the folder of the model cannot be read (${code}): give the user of the server the right to`
  }
}

/** What is or was meant as a bundle in the folder of a model. */
function* foundIn(path: string, versions: readonly Dirent[], reads: ReadBundles): Generator<Promise<ManifestFile | Rejected> | Rejected> {
  for (const { name } of versions)
    if (isVersion.test(name)) yield reads.read(join(path, name))
    else if (isMeant(join(path, name))) yield { path: join(path, name), reason: versionFault(name) }
}

/** Everything in the folder that is a bundle or was meant as one, or that cannot be looked into, a piece at a time. */
function* found(dir: string, reads: ReadBundles): Generator<Promise<ManifestFile | Rejected> | Rejected | { readonly closed: Rejected }> {
  for (const { name } of folders(dir)) {
    const path = join(dir, name)
    if (isMeant(path)) yield { path, reason: 'a bundle lies in a folder of its version in the folder of its model: NAME/VERSION' }
    const versions = isName.test(name) ? versionsIn(path) : undefined
    if (versions === undefined) yield* strays(path)
    else if (typeof versions === 'string') yield { closed: { path, reason: versions } }
    else yield* foundIn(path, versions, reads)
  }
}

/**
 * Bundles of `NAME/VERSION/` folders, and what was meant as one; names that begin with a dot (such as those of a copy that is still under way) and folders without a
 * `model.yaml` whose names are no versions are left alone. Undefined when the folder itself cannot be read: no news, not no models. The event loop turns between bundles.
 */
export async function scanFolder(dir: string, reads = new ReadBundles()): Promise<Scan | undefined> {
  const bundles: ManifestFile[] = []
  const rejected: Rejected[] = []
  const closed: Rejected[] = []
  try {
    for (const item of found(dir, reads)) {
      const each = await item
      if ('manifest' in each) bundles.push(each)
      else if ('closed' in each) closed.push(each.closed)
      else rejected.push(each)
      await nextTurn()
    }
  } catch {
    return undefined
  }
  reads.turn()
  return { bundles, rejected, closed }
}
