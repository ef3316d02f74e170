import { type FSWatcher, watch } from 'node:fs'

const settleMs = 200

/** Calls back when a folder changes, and now and then anyway: file systems lose events, and some have none. */
export class FolderWatch {
  readonly #dir: string
  readonly #everyMs: number
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined
  #every: NodeJS.Timeout | undefined
  #settling: NodeJS.Timeout | undefined
  constructor(dir: string, everyMs: number, onChange: () => void) {
    this.#dir = dir
    this.#everyMs = everyMs
    this.#onChange = onChange
  }

  start(): void {
    this.#every = setInterval(this.#onChange, this.#everyMs)
    this.#every.unref()
    try {
      this.#watcher = watch(this.#dir, { recursive: true, persistent: false }, () => this.#settle())
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      this.#watcher = undefined // the folder is not there (yet): the rescan finds it
    }
  }

  stop(): void {
    this.#watcher?.close()
    clearInterval(this.#every)
    clearTimeout(this.#settling)
  }

  /** A copied bundle makes many events: one look after they have ended. */
  #settle(): void {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(this.#onChange, settleMs)
    this.#settling.unref()
  }
}
