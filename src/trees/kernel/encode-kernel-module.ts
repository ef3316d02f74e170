import { encodeModule, type ModuleParts } from '../../wasm/module.ts'
import { pageBytes } from '../../wasm/sizes.ts'
import { kernelNames } from './kernel.ts'

/** A kernel's module: its functions, and the memory of so many bytes, whole pages, that it imports. */
export function encodeKernelModule(functions: ModuleParts['functions'], bytes: number): Uint8Array<ArrayBuffer> {
  return encodeModule({ functions, memory: { module: kernelNames.module, name: kernelNames.memory, pages: bytes / pageBytes } })
}
