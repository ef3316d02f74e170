import { type FSWatcher, statSync, watch } from 'node:fs'

const settleMs = 200

/** Which folder lies there at the moment, of all that may come to lie there; undefined where there is none to look into. */
function folderAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

/** Calls back when a folder changes, and now and then anyway: file systems lose events, and some have none. */
export class FolderWatch {
  readonly #dir: string
  readonly #everyMs: number
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined
  #watched: string | undefined
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

  /** Unless it is watched already. A folder that comes later, or again, is watched from the next look on: Node neither refuses to watch one that is not there nor tells when it goes. */
  #watch(): void {
    const folder = folderAt(this.#dir)
    if (folder === this.#watched) return
    this.#watcher?.close()
    this.#watcher = undefined
    this.#watched = folder
    if (folder === undefined) return
    try {
      this.#watcher = watch(this.#dir, { recursive: true, persistent: false }, () => this.#settle()).on('error', () => (this.#watched = undefined))
    } catch {
      this.#watched = undefined
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
