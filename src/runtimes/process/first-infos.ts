import type { ProcessInfo } from './message.ts'

const most = 1_000

/** What the first process of each artefact found out, for the processes of later loads: they compute at the batch sizes that it proved, so that a row keeps its bits when a model is unloaded and loaded again. Of artefacts that were loaded long ago it is forgotten. */
export class FirstInfos {
  readonly #known = new Map<string, ProcessInfo>()

  /** `artefact` names everything that decides what is computed. */
  of(artefact: string): ProcessInfo | undefined {
    return this.#known.get(artefact)
  }

  keep(artefact: string, info: ProcessInfo): void {
    const first = this.#known.get(artefact) ?? info
    // The last in the order of a map is the one that was set last.
    this.#known.delete(artefact)
    this.#known.set(artefact, first)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= most) return
      this.#known.delete(oldest)
    }
  }
}
