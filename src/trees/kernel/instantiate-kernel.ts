import { wasmHost } from '../../wasm/host.ts'
import { pageBytes } from '../../wasm/sizes.ts'
import { atOnce, type Steps } from '../steps.ts'
import { kernelNames } from './kernel.ts'

/** A module in the binary format with the contents of its memory; zeros follow them up to `bytes`, whole pages. */
export type KernelCode = { readonly code: Uint8Array; readonly image: Uint8Array; readonly bytes: number }

/** A kernel with memory of its own, for the thread that calls it. */
export type RunningKernel = { readonly memory: ArrayBuffer; readonly exports: Readonly<Record<string, (...args: number[]) => number>> }

/** Copied at a time: less than a tenth of a millisecond, since memory that is new has to be cleared as well. */
const sliceBytes = 128 << 10

/** A kernel ready to run: memory is shared with no other. */
export function* kernelSteps({ code, image, bytes }: KernelCode): Steps<RunningKernel> {
  const memory = new wasmHost.Memory({ initial: bytes / pageBytes })
  const contents = new Uint8Array(memory.buffer)
  for (let from = 0; from < image.length; from += sliceBytes) {
    contents.set(image.subarray(from, from + sliceBytes), from)
    yield
  }
  // Some kilobytes: the engine takes a fraction of a millisecond, and optimises what is called often in threads of its own.
  const { exports } = new wasmHost.Instance(new wasmHost.Module(code), { [kernelNames.module]: { [kernelNames.memory]: memory } })
  return { memory: memory.buffer, exports }
}

/** `kernelSteps`, all at once. */
export const instantiateKernel = (code: KernelCode): RunningKernel => atOnce(kernelSteps(code))
