import { pageBytes } from '../../wasm/sizes.ts'

const lineBytes = 64

/** Hands out addresses in a kernel's memory, each at the start of a cache line of 64 bytes. */
export class Arena {
  #at = 0

  take(bytes: number): number {
    const from = Math.ceil(this.#at / lineBytes) * lineBytes
    this.#at = from + bytes
    return from
  }

  /** What has been handed out, in whole pages of WebAssembly memory, at least one. */
  get bytes(): number {
    return Math.max(1, Math.ceil(this.#at / pageBytes)) * pageBytes
  }
}
