import { ServingError } from './error.ts'

/** The refusal of a bundle or its model, to be thrown: `why` says what is wrong and what to do, `cause` is logged. */
export const refuse = (why: string, cause?: unknown): ServingError => new ServingError('model_verification_failed', why, { cause })
