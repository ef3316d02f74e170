import { execFile } from 'node:child_process'
import { chrt } from './command.ts'
import { nameOf, policyOf, threadsOf } from './process-tree.ts'

/** What Node calls the threads that collect and compile beside the one that runs the code. */
const helper = 'V8Worker'
/** SCHED_OTHER. */
const usualPolicy = 0

/**
 * Lets the engine's helper threads of a process wait for what runs when they wake up, instead of taking the processor from it (SCHED_BATCH of sched(7)); their share is the same. They are woken up by the thread that answers,
 * often on its own processor. Anyone may do that; where the system has no program for it, they stay as they are.
 */
export function quietHelpers(pid: number): void {
  const quiet = (thread: number): unknown => execFile(chrt, ['--batch', '--pid', '0', String(thread)], () => {})
  try {
    for (const thread of threadsOf(pid)) if (nameOf(thread) === helper && policyOf(thread) === usualPolicy) quiet(thread)
  } catch {
    // Some refusals of the machine, as for memory, are thrown.
  }
}
