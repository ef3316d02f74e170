/** A compiled module: opaque. */
type WasmModule = { readonly __wasmModule: never }
/** Linear memory; `buffer` is where both sides meet, until `grow`, by so many pages of zeros, puts another in its place. */
export type WasmMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number }

type Host = {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Memory: new (limits: { initial: number; maximum?: number }) => WasmMemory
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory>>>>,
  ) => { readonly exports: Readonly<Record<string, (...args: number[]) => number>> }
}

/** The engine's own WebAssembly object, typed as far as this code base uses it (TypeScript's esnext library leaves it out). */
export const wasmHost = (globalThis as unknown as { WebAssembly: Host }).WebAssembly
