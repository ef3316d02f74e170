import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { type ErrorCode, ServingError } from '../contracts/error.ts'
import type { ManifestFile } from './manifest-file.ts'
import { type PreparedBundle, prepareBundle } from './prepare-bundle.ts'

/** The prepared bundle, or why there is none: an error crosses the border as code and message. */
export type PrepareAnswer = { readonly prepared: PreparedBundle } | { readonly code: ErrorCode; readonly message: string }

function answer(file: ManifestFile): PrepareAnswer {
  try {
    return { prepared: prepareBundle(file) }
  } catch (error) {
    if (error instanceof ServingError) return { code: error.code, message: error.message }
    return { code: 'model_verification_failed', message: `The bundle cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const largeBytes = 65_536

/** The large buffers of what was prepared: given away instead of copied, since a copy is made on the server's event loop. Small ones may belong to several values. */
function largeBuffers(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.buffer.byteLength >= largeBytes) found.add(value.buffer)
  } else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) largeBuffers(part, found)
  return found
}

// Linux gives each thread a priority of its own: this one leaves the processor at once when the event loop has an answer to give. Elsewhere it would be the whole process's. A server that was
// itself started with a lower priority (nice, systemd) is not allowed any higher one.
const [behindServing, lowest] = [10, 19]
if (process.platform === 'linux') setPriority(Math.min(lowest, getPriority() + behindServing))

parentPort?.on('message', (file: ManifestFile) => {
  const prepared = answer(file)
  parentPort?.postMessage(prepared, [...largeBuffers(prepared)])
})
