import { processesBelow } from './process-tree.ts'

/**
 * Ends a process that was started here, all that it started and that is still below it (on Linux), and its group, where it leads one. What left the group and whose parent is gone is nobody's any more,
 * and stays.
 */
export function endTree(pid: number): void {
  // All of them are found first: what has lost its parent is below nobody.
  const all = [...processesBelow(pid)]
  all.forEach(end)
  endGroup(pid)
}

/** Ends what is left of the group that a process led: it may have ended before those that it started. */
export const endGroup = (leader: number): void => end(-leader)

function end(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch {
    // It has ended already, or leads no group.
  }
}
