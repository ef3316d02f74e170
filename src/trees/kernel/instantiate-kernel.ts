import { wasmHost, type WasmModule } from '../../wasm/host.ts'
import { pageBytes } from '../../wasm/sizes.ts'
import { kernelNames } from './kernel.ts'

/** A module with the contents of its memory; zeros follow them up to `bytes`, whole pages. */
export type KernelCode = { readonly module: WasmModule; readonly image: Uint8Array; readonly bytes: number }

/** A kernel with memory of its own, for the thread that calls it. */
export type RunningKernel = { readonly memory: ArrayBuffer; readonly exports: Readonly<Record<string, (...args: number[]) => number>> }

/** A kernel ready to run: memory is shared with no other. */
export function instantiateKernel({ module, image, bytes }: KernelCode): RunningKernel {
  const memory = new wasmHost.Memory({ initial: bytes / pageBytes })
  new Uint8Array(memory.buffer).set(image)
  const { exports } = new wasmHost.Instance(module, { [kernelNames.module]: { [kernelNames.memory]: memory } })
  return { memory: memory.buffer, exports }
}
