import { execFile } from 'node:child_process'
import { chrt } from './command.ts'
import { nameOf, threadsOf } from './process-tree.ts'

/** What Node calls the threads that collect and compile beside the one that runs the code. */
const helper = 'V8Worker'

/**
 * Lets the engine's helper threads of a process wait for what runs when they wake up, instead of taking the processor from it (SCHED_BATCH of sched(7)); their share is the same. They are woken up by the thread that answers,
 * often on its own processor. Anyone may do that; where the system has no program for it, they stay as they are.
 */
export function quietHelpers(pid: number): void {
  for (const thread of threadsOf(pid)) if (nameOf(thread) === helper) execFile(chrt, ['--batch', '--pid', '0', String(thread)], () => {})
}
