import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Document } from 'yaml'
import { ServingError } from '../contracts/error.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { type ManifestFile, manifestBytes } from './manifest-file.ts'
import { manifestDocument, parseManifest } from './read-manifest.ts'

/** A `model.yaml` that is being completed in memory; comments and order stay as they were written. */
export class ManifestDraft {
  readonly #dir: string
  readonly #before: Buffer
  readonly #document: Document
  /** Throws `model_verification_failed` for what is no YAML, or no mapping. */
  constructor(dir: string) {
    this.#dir = resolve(dir)
    this.#before = manifestBytes(dir)
    this.#document = manifestDocument(this.#before)
    if (typeof this.#document.toJS() !== 'object') parseManifest(dir, this.#before)
  }

  /** The text at a path; undefined where there is none. */
  textAt(...path: readonly string[]): string | undefined {
    const value = this.#document.getIn(path)
    return typeof value === 'string' ? value : undefined
  }
  /** Writes down which files there are, and which of them has golden rows. */
  complete(files: Manifest['files'], golden: string | undefined): void {
    this.#set(['golden'], golden)
    this.#set(['files'], undefined)
    this.#set(['files'], this.#document.createNode(files))
  }
  /** Writes down which definitions of features the model is for, or none. */
  fixFeatures(digest: string | undefined): void {
    this.#set(['inputs', 'feature_set_digest'], digest)
  }
  #set(path: readonly string[], value: unknown): void {
    if (value === undefined) this.#document.deleteIn(path)
    else this.#document.setIn(path, value)
  }

  /** The manifest as it is now. Throws `model_verification_failed` with every problem. */
  parse(): ManifestFile {
    return parseManifest(this.#dir, this.#bytes)
  }
  /** Puts it into the folder, whole or not at all. Throws `validation_failed` where that cannot be written. */
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
  #put(bytes: Buffer): void {
    const fresh = join(this.#dir, '.model.yaml')
    try {
      writeFileSync(fresh, bytes)
      renameSync(fresh, join(this.#dir, 'model.yaml'))
    } catch (cause) {
      rmSync(fresh, { force: true })
      throw new ServingError(
        'validation_failed',
        `${this.#dir} cannot be written (${(cause as NodeJS.ErrnoException).code}): it takes model.yaml and golden rows`,
        { cause },
      )
    }
  }
}
