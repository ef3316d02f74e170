import type { ProcessInfo } from './message.ts'

const most = 1_000

/** What processes that proved batch sizes of one artefact said, one for each device and version that computed it: the first. */
export type ArtefactSizes = { readonly known: () => readonly ProcessInfo[]; readonly keep: (info: ProcessInfo) => void }

const placeKey = ({ device, version, versions }: ProcessInfo): string => JSON.stringify([device, version, versions])

/** Batch sizes that were proven, for the processes that compute an artefact later: at the same ones its rows keep their bits. Of artefacts that were loaded long ago they are forgotten. */
export class ProvenSizes {
  readonly #known = new Map<string, Map<string, ProcessInfo>>()

  /** `artefact` names everything that decides what is computed. */
  of(artefact: string): ArtefactSizes {
    return { known: () => [...(this.#known.get(artefact)?.values() ?? [])], keep: (info) => this.#keep(artefact, info) }
  }

  #keep(artefact: string, info: ProcessInfo): void {
    const places = this.#known.get(artefact) ?? new Map<string, ProcessInfo>()
    if (!places.has(placeKey(info))) places.set(placeKey(info), info)
    // The last in the order of a map is the one that was set last.
    this.#known.delete(artefact)
    this.#known.set(artefact, places)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= most) return
      this.#known.delete(oldest)
    }
  }
}
