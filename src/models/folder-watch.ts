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
    this.#every = setInterval(() => {
      this.#watch()
      this.#onChange()
    }, this.#everyMs)
    this.#every.unref()
    this.#watch()
  }

  /** Unless it is watched already. A folder that is not there (yet), or whose watcher failed, is watched from a later look on. */
  #watch(): void {
    if (this.#watcher) return
    try {
      const watcher = watch(this.#dir, { recursive: true, persistent: false }, () => this.#settle())
      this.#watcher = watcher.on('error', () => {
        watcher.close()
        this.#watcher = undefined
      })
    } catch {
      this.#watcher = undefined
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
