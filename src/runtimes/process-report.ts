import { noMeter } from '../contracts/meter.ts'
import type { ProcessDeps } from './process/inference-process.ts'
import type { ProcessEvent } from './process/process-event.ts'

/** What operators are told; that a process is ready, or has answered its share of calls, is nothing to be told. */
function wordsOf(event: ProcessEvent): string | undefined {
  if (event.kind === 'ended') return `its inference process ended (${event.reason}) and is started again in ${Math.ceil(event.retryAfterMs)} ms`
  if (event.kind === 'recycled') return event.cause === 'memory' ? `a fresh inference process took the place of one: ${event.reason}` : undefined
  if (event.kind === 'ready') return undefined
  const { reason, failure, retryAfterMs } = event
  return `its inference process stays, although ${reason}: none can take its place (${failure}); the next is tried after ${Math.ceil(retryAfterMs)} ms`
}

/** What to start the processes of a model with, so that each end and replacement of one is told and counted. */
export function reporting(deps: ProcessDeps, { name, version }: { readonly name: string; readonly version: string }): ProcessDeps {
  const { meter = noMeter, warn, onEvent } = deps
  const counter = (reason: 'ended' | 'calls' | 'memory') => meter.counter('model_process_restarts_total', { model: name, reason })
  // All are there from the beginning: what first appears at 1 has not risen.
  const restarts = { ended: counter('ended'), calls: counter('calls'), memory: counter('memory') }
  return {
    ...deps,
    onEvent: (event) => {
      if (event.kind !== 'ready') restarts[event.kind === 'ended' ? 'ended' : event.cause].add()
      const words = wordsOf(event)
      if (words !== undefined) warn?.(`${name} ${version}: ${words}`)
      onEvent?.(event)
    },
  }
}
