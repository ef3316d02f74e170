import { hash } from 'node:crypto'
import { ServingError } from '../contracts/error.ts'

/** Holds what was read to the SHA-256 (hex) of the file that was verified: it may have been exchanged since. Throws `model_verification_failed`, also without one. */
export function requireSame(what: string, bytes: Uint8Array, sha256: string | undefined): void {
  if (hash('sha256', bytes) !== sha256)
    throw new ServingError('model_verification_failed', `${what} is not the file that was verified: its SHA-256 differs. Copy the bundle again.`)
}
