/** Bytes of one page of WebAssembly memory. */
export const pageBytes = 65536

/** Hands out addresses in a kernel's memory, each at the start of a cache line of 64 bytes. */
export class Arena {
  #at = 0

  take(bytes: number): number {
    const from = Math.ceil(this.#at / 64) * 64
    this.#at = from + bytes
    return from
  }

  /** What has been handed out, in whole pages of WebAssembly memory, at least one. */
  get bytes(): number {
    return Math.max(1, Math.ceil(this.#at / pageBytes)) * pageBytes
  }
}
