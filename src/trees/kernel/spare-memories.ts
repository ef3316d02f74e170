import { wasmHost, type WasmMemory } from '../../wasm/host.ts'
import { pageBytes } from '../../wasm/sizes.ts'

/** A memory serves who needs a quarter less or more than it has: a forest that was trained anew. What lies idle beyond that would be memory that nobody counts. */
const mostRatio = 1.25

const pagesOf = ({ buffer }: WasmMemory): number => buffer.byteLength / pageBytes

/** Memories of kernels that are called no more, for those that come: new ones cost page faults and, left behind, collections of the whole heap. Held weakly, so that it keeps nothing from a collection that comes all the same. */
export class SpareMemories {
  #spare: readonly WeakRef<WasmMemory>[] = []

  /** A memory of so many pages or more that is nobody else's: with what is left of its last use, where it had one. */
  take(pages: number): WasmMemory {
    const living = this.#living()
    const near = living.filter((memory) => Math.max(pagesOf(memory) / pages, pages / pagesOf(memory)) <= mostRatio)
    const bySize = near.toSorted((a, b) => pagesOf(a) - pagesOf(b))
    const memory = bySize.find((each) => pagesOf(each) >= pages) ?? bySize.at(-1)
    if (memory === undefined) return new wasmHost.Memory({ initial: pages })
    this.#keep(living.filter((each) => each !== memory))
    if (pagesOf(memory) < pages) memory.grow(pages - pagesOf(memory))
    return memory
  }

  /** Takes a memory over from who has it, and uses it no more. */
  give(memory: WasmMemory): void {
    this.#keep([...this.#living(), memory])
  }

  #living(): WasmMemory[] {
    return this.#spare.flatMap((each) => each.deref() ?? [])
  }
  #keep(memories: readonly WasmMemory[]): void {
    this.#spare = memories.map((memory) => new WeakRef(memory))
  }
}
