import { InferenceSession } from 'onnxruntime-node'
import { ServingError } from '../../contracts/error.ts'
import { firstLine } from '../../contracts/first-line.ts'
import type { Device } from '../device.ts'

/** A session, the device that computes it, and why that is another than the one asked for. */
export type OpenedSession = { readonly session: InferenceSession; readonly device: Device; readonly fallback?: string }

/** The device that a model asks for, and what is known to be missing for it. */
type Asked = { readonly device: Device; readonly lack?: string | undefined }

type Create = (bytes: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>

// One thread each: the server runs a process per model, and a call of a few rows gains nothing from more. 3 = errors only.
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 3 } as const

/** Opens a model on the device that was asked for, or else on the CPU, and says so. Throws `model_verification_failed` with the fix. */
export async function openSession(
  bytes: Uint8Array,
  { device, lack }: Asked,
  create: Create = (...args) => InferenceSession.create(...args),
): Promise<OpenedSession> {
  let fallback: string | undefined
  if (device === 'cuda') {
    try {
      return { session: await create(bytes, { ...options, executionProviders: ['cuda', 'cpu'] }), device }
    } catch (error) {
      fallback = lack === undefined ? firstLine(error) : `${firstLine(error)} (${lack})`
    }
  }
  try {
    const session = await create(bytes, { ...options, executionProviders: ['cpu'] })
    return { session, device: 'cpu', ...(fallback === undefined ? {} : { fallback }) }
  } catch (error) {
    throw new ServingError(
      'model_verification_failed',
      `The model cannot be loaded: ${firstLine(error)}. Check it with onnx.checker.check_model; for an operator or opset that is not known, export with a lower opset.`,
    )
  }
}
