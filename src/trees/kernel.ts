import type { WasmModule } from '../wasm/host.ts'

/** Names at the border of every kernel's module: the memory that it imports, and run(), which reads the row from that memory and writes raw scores to it. */
export const kernelNames = { module: 'e', memory: 'm', run: 'run' } as const

/** A kernel with the contents of its memory; `row` and `out` are byte addresses in it. Plain data and a module: can be posted to other threads. */
export type Kernel = {
  readonly module: WasmModule
  readonly image: Uint8Array<ArrayBuffer>
  readonly row: number
  readonly out: number
}
