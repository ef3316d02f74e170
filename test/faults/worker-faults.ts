import { readFileSync } from 'node:fs'
import type { ErrorCode } from '../../src/contracts/error.ts'
import { descendants } from '../support/descendants.ts'

/** Where the class of `src/runtimes/python/fixtures/moody.py` looks for its mood: the price of the row. */
export const moods = { calm: 100, killItself: 1, stopItself: 2, exit: 3, allocate: 4, loop: 5, nan: 6, shape: 7, raise: 8, slow: 13 } as const

/** Something that a worker does or suffers, and what the caller gets: the answer of the model, or an error. */
export type WorkerFault = {
  readonly name: string
  readonly mood: keyof typeof moods
  /** Sent to every worker that is busy while the call is under way; to the idle ones when the mood is calm. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP'
  readonly outcome: 200 | ErrorCode
}

/** The faults that a worker must survive without harm to other models. */
export const workerFaults: readonly WorkerFault[] = [
  { name: 'kill -9 of a worker at work', mood: 'slow', signal: 'SIGKILL', outcome: 200 },
  { name: 'kill -STOP of a worker at work', mood: 'slow', signal: 'SIGSTOP', outcome: 'deadline_exceeded' },
  { name: 'kill -9 of itself in predict', mood: 'killItself', outcome: 'worker_crashed' },
  { name: 'kill -STOP of itself in predict', mood: 'stopItself', outcome: 'deadline_exceeded' },
  { name: 'exit in predict', mood: 'exit', outcome: 'worker_crashed' },
  { name: 'an allocation beyond its memory', mood: 'allocate', outcome: 'model_memory_exceeded' },
  { name: 'an endless loop', mood: 'loop', outcome: 'deadline_exceeded' },
  { name: 'NaN as its output', mood: 'nan', outcome: 'model_output_invalid' },
  { name: 'an output of the wrong shape', mood: 'shape', outcome: 'model_output_invalid' },
  { name: 'an exception in predict', mood: 'raise', outcome: 'model_output_invalid' },
]

/** Ids of the Python workers of this process. */
export const workerPids = (): number[] =>
  descendants().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('presage.worker')
    } catch {
      return false // it ended meanwhile
    }
  })
