/** A compiled module: opaque. */
type WasmModule = { readonly __wasmModule: never }
/** Linear memory; `buffer` is where both sides meet. */
export type WasmMemory = { readonly buffer: ArrayBuffer }

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
