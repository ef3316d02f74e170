import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Document, isMap, parseDocument } from 'yaml'
import type { Manifest } from '../contracts/manifest.ts'
import { type ManifestFile, manifestBytes } from './manifest-file.ts'
import { parseManifest } from './read-manifest.ts'

const usualGolden = 'golden.json'

/** A `model.yaml` that is being completed; comments and order stay as they were written. */
export class ManifestDraft {
  readonly #dir: string
  readonly #before: Buffer
  readonly #document: Document
  /** Throws `model_verification_failed` for what is no YAML, or no mapping. */
  constructor(dir: string) {
    this.#dir = resolve(dir)
    this.#before = manifestBytes(dir)
    this.#document = parseDocument(this.#before.toString('utf8'), { uniqueKeys: true, schema: 'core' })
    if (this.#document.errors.length > 0 || !isMap(this.#document.contents)) parseManifest(dir, this.#before)
  }

  /** Name of the file of golden rows: as the manifest says, else the usual one. */
  get golden(): string {
    return this.#named ?? usualGolden
  }
  /** True if the manifest names golden rows and they are there. */
  get hasGolden(): boolean {
    return this.#named !== undefined && existsSync(join(this.#dir, this.#named))
  }
  get #named(): string | undefined {
    const named = this.#document.get('golden')
    return typeof named === 'string' ? named : undefined
  }

  /** Writes down the files that there are, and whether one of them has golden rows. */
  complete(files: Manifest['files'], golden: string | undefined): void {
    if (golden === undefined) this.#document.delete('golden')
    else this.#document.set('golden', golden)
    this.#document.delete('files')
    this.#document.set('files', this.#document.createNode(files))
  }
  /** Writes down which definitions of features the model is for. */
  fixFeatures(digest: string): void {
    this.#document.setIn(['inputs', 'feature_set_digest'], digest)
  }

  /** The manifest as it is now. Throws `model_verification_failed` with every problem. */
  parse(): ManifestFile {
    return parseManifest(this.#dir, this.#bytes)
  }
  /** Puts it into the folder. Throws what the disk throws. */
  write(): void {
    this.#put(this.#bytes)
  }
  /** Puts back what was there before. */
  restore(): void {
    this.#put(this.#before)
  }

  get #bytes(): Buffer {
    return Buffer.from(this.#document.toString({ lineWidth: 0 }))
  }
  /** By way of a file beside the folder, since one inside would be a file of the bundle. */
  #put(bytes: Buffer): void {
    const beside = join(dirname(this.#dir), `.${basename(this.#dir)}.model.yaml`)
    try {
      writeFileSync(beside, bytes)
      renameSync(beside, join(this.#dir, 'model.yaml'))
    } finally {
      rmSync(beside, { force: true })
    }
  }
}
