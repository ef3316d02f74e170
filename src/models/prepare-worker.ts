import { parentPort } from 'node:worker_threads'
import { type ErrorCode, ServingError } from '../contracts/error.ts'
import { type PreparedBundle, prepareBundle } from './prepare-bundle.ts'

/** What the worker is asked, and what it answers: an error crosses the border as code and message. */
export type PrepareJob = { readonly dir: string; readonly digest: string | undefined }
/** The prepared bundle, or why there is none. */
export type PrepareAnswer = { readonly prepared: PreparedBundle } | { readonly code: ErrorCode; readonly message: string }

function answer({ dir, digest }: PrepareJob): PrepareAnswer {
  try {
    return { prepared: prepareBundle(dir, digest) }
  } catch (error) {
    if (error instanceof ServingError) return { code: error.code, message: error.message }
    return { code: 'model_verification_failed', message: `The bundle cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

parentPort?.on('message', (job: PrepareJob) => parentPort?.postMessage(answer(job)))
