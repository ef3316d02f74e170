import { wasmHost, type WasmMemory } from '../../wasm/host.ts'
import { pageBytes } from '../../wasm/sizes.ts'
import { orUndo, type Steps } from '../steps.ts'
import { kernelNames } from './kernel.ts'
import type { SpareMemories } from './spare-memories.ts'

/** A module in the binary format with the contents of its memory; zeros follow them up to `bytes`, whole pages. */
export type KernelCode = { readonly code: Uint8Array; readonly image: Uint8Array; readonly bytes: number }

/** A kernel with memory of its own, which may be larger than it needs, for the thread that calls it. */
export type RunningKernel = {
  readonly memory: ArrayBuffer
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>
  /** Gives its memory to kernels that come: to be called once, and the last that is done with it. */
  readonly release: () => void
}

/** Written at a time: less than a tenth of a millisecond, since memory that is new has to be cleared as well. */
const sliceBytes = 128 << 10

type Filled = { readonly memory: WasmMemory; readonly release: () => void }

function* filledSteps({ code, image }: KernelCode, { memory, release }: Filled): Steps<RunningKernel> {
  const contents = new Uint8Array(memory.buffer)
  for (let from = 0; from < contents.length; from += sliceBytes) {
    contents.set(image.subarray(from, from + sliceBytes), from)
    contents.fill(0, Math.max(from, image.length), from + sliceBytes)
    yield
  }
  // Some kilobytes: the engine takes a fraction of a millisecond, and optimises what is called often in threads of its own.
  const { exports } = new wasmHost.Instance(new wasmHost.Module(code), { [kernelNames.module]: { [kernelNames.memory]: memory } })
  return { memory: memory.buffer, exports, release }
}

/** A kernel ready to run: memory is shared with no other. If it is given up between two steps, its memory is for kernels that come. */
export function* kernelSteps(kernel: KernelCode, spare: SpareMemories): Steps<RunningKernel> {
  const memory = spare.take(kernel.bytes / pageBytes)
  const release = (): void => spare.give(memory)
  return yield* orUndo(filledSteps(kernel, { memory, release }), release)
}
