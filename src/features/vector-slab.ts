const slabBytes = 8_192
const doubleBytes = 8

/** New vectors of zeros, cut one behind the other from blocks of 8 KB that are never used again: a buffer of its own costs as much as the rest of a read. A large vector gets one. */
export class VectorSlab {
  #slab = new ArrayBuffer(slabBytes)
  #used = 0

  take(length: number): Float64Array {
    const bytes = length * doubleBytes
    if (bytes > slabBytes / 4) return new Float64Array(length)
    if (this.#used + bytes > slabBytes) {
      this.#slab = new ArrayBuffer(slabBytes)
      this.#used = 0
    }
    const vector = new Float64Array(this.#slab, this.#used, length)
    this.#used += bytes
    return vector
  }
}
