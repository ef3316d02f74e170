import { ServingError } from '../../contracts/error.ts'

/** What a wait fails with once its signal aborted: the signal's reason when that is a `ServingError`, else `deadline_exceeded`. */
export function givenUp(signal: AbortSignal): ServingError {
  if (signal.reason instanceof ServingError) return signal.reason
  return new ServingError('deadline_exceeded', 'The call was given up before the model answered', { cause: signal.reason })
}
