const none = -1

/** Hash of a text (FNV-1a over UTF-16 units), 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/**
 * Places (0 to `size` - 1) by the hash of what lies there; they are added and removed in the same order. In typed arrays of a fixed size: nothing in it is ever moved, grown or collected, which
 * a `Map` of many texts is.
 */
export class IdIndex {
  readonly #hashes: Uint32Array
  readonly #newer: Int32Array
  readonly #oldest: Int32Array
  readonly #newest: Int32Array
  constructor(size: number) {
    const chains = 2 ** Math.ceil(Math.log2(size + 1))
    this.#hashes = new Uint32Array(size)
    this.#newer = new Int32Array(size)
    this.#oldest = new Int32Array(chains).fill(none)
    this.#newest = new Int32Array(chains).fill(none)
  }

  /** Puts a place that is free under a hash. */
  add(place: number, hash: number): void {
    const chain = this.#chain(hash)
    const last = this.#newest[chain] as number
    this.#hashes[place] = hash
    this.#newer[place] = none
    if (last === none) this.#oldest[chain] = place
    else this.#newer[last] = place
    this.#newest[chain] = place
  }

  /** Frees the place that was added before all others: so it is the first of its chain. */
  removeOldest(place: number): void {
    const chain = this.#chain(this.#hashes[place] as number)
    const after = this.#newer[place] as number
    this.#oldest[chain] = after
    if (after === none) this.#newest[chain] = none
  }

  /** Places under a hash, oldest first. */
  places(hash: number): number[] {
    const places: number[] = []
    for (let at = this.#oldest[this.#chain(hash)] as number; at !== none; at = this.#newer[at] as number) if (this.#hashes[at] === hash) places.push(at)
    return places
  }

  #chain(hash: number): number {
    return hash & (this.#oldest.length - 1)
  }
}
