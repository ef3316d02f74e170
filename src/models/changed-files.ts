import { folderPrint } from './folder-print.ts'
import type { PrepareProcess } from './prepare-process.ts'
import type { VersionSlot } from './version-slot.ts'

/** What looking at changed files needs; `log` hears of damage. */
export type ChangedFilesDeps = {
  readonly preparation: Pick<PrepareProcess, 'prepare'>
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** Files that change under a version that was loaded: whoever keeps them should hear of damage before a request does. */
export class ChangedFiles {
  readonly #deps: ChangedFilesDeps
  constructor(deps: ChangedFilesDeps) {
    this.#deps = deps
  }

  /** Reads the bundle again if its folder has changed since that was last done, and keeps in the slot why it could not be loaded again. Never throws. */
  async look(slot: VersionSlot, signal: AbortSignal): Promise<void> {
    const print = folderPrint(slot.file.dir)
    const before = slot.print
    // A load says more than a look, also where it failed.
    const isCurrent = (): boolean => !slot.loading && !slot.failure && slot.print === before
    if (before === undefined || print === before || !isCurrent()) return
    const damage = await this.#damageOf(slot, signal)
    if (signal.aborted || !isCurrent()) return
    const told = slot.damage
    slot.print = print
    slot.damage = damage
    if (damage !== told) tellTrouble(slot, this.#deps.log)
  }

  async #damageOf({ file }: VersionSlot, signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#deps.preparation.prepare(file, { signal })
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

/** Says of a version why it could not be loaded again while it serves on, or that it could. */
export function tellTrouble({ name, version, resident, reason }: VersionSlot, log: ChangedFilesDeps['log']): void {
  if (reason === undefined) log('info', `${name} ${version} can be loaded again: its files are as they were`)
  else if (resident) log('warn', `${name} ${version} ${reason}`)
}
