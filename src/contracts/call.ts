import type { Deadline } from './ports.ts'

/** Who asks, under which request id, and until when. */
export type Call = {
  readonly keyId: string
  readonly requestId: string
  readonly deadline: Deadline
}
