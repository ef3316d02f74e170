import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { givenUp } from '../process/given-up.ts'
import { batched, type BatchingDeps } from './batched.ts'
import type { BatchSettings } from './batch-settings.ts'
import { VirtualTime } from './virtual-time.test-data.ts'

/** One call that the model got. */
export type SeenCall = { readonly count: number; readonly at: number; readonly deadline: Deadline }

/** How the fake model behaves: ms of a call, and what a call fails with. */
export type Behaviour = { readonly ms: (count: number) => number; readonly fail?: (rows: Float64Array, call: number) => ServingError | undefined }

/** What the model gives for rows of two values: two values each, which depend on both. */
export function outputsOf(rows: Float64Array): Float64Array {
  return rows.map((value, at) => (at % 2 === 0 ? value * 3 + (rows[at + 1] as number) : (rows[at - 1] as number) - value / 7))
}

const settings: BatchSettings = { maxRows: 8, maxDelayMs: 2, workers: 1, hasOthers: false, targetMs: Infinity, queueRows: 64, queueRequests: 32 }

/** A batched model in virtual time, whose calls take 10 ms unless told otherwise; `busiest` is the most calls that it ever had at once. */
export function makeBatched(overrides: Partial<BatchSettings> = {}, { ms = () => 10, fail }: Partial<Behaviour> = {}, deps: Partial<BatchingDeps> = {}) {
  const time = new VirtualTime()
  const calls: SeenCall[] = []
  const seen = { inFlight: 0, busiest: 0, disposed: false, atHand: false }
  const fake: LoadedModel = {
    inputs: 2,
    outputs: 2,
    memoryBytes: 1,
    engine: 'fake',
    async predict(rows, count, deadline) {
      calls.push({ count, at: time.clock.monotonic(), deadline })
      const error = fail?.(rows, calls.length)
      seen.inFlight += 1
      seen.busiest = Math.max(seen.busiest, seen.inFlight)
      const outputs = outputsOf(rows)
      try {
        await new Promise<void>((resolve, reject) => {
          time.after(ms(count), resolve)
          time.after(deadline.at - time.clock.monotonic(), () => reject(new ServingError('deadline_exceeded', 'late')))
          deadline.signal.addEventListener('abort', () => reject(givenUp(deadline.signal)))
        })
      } finally {
        seen.inFlight -= 1
      }
      if (error) throw error
      return outputs
    },
    async bringAtHand() {
      seen.atHand = true
    },
    async dispose() {
      seen.disposed = true
    },
  }
  const model = batched(fake, { ...settings, ...overrides }, { clock: time.clock, timer: time, ...deps })
  const within = (forMs: number, signal: AbortSignal = new AbortController().signal): Deadline => ({ at: time.clock.monotonic() + forMs, signal })
  /** One call of `count` rows. */
  const ask = (count = 1, deadline = within(1_000)): Promise<Float64Array> => {
    const answer = model.predict(new Float64Array(2 * count).fill(count), count, deadline)
    answer.catch(() => {})
    return answer
  }
  return { model, time, calls, seen, within, ask, counts: () => calls.map(({ count }) => count) }
}
