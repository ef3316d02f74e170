import { readFileSync } from 'node:fs'

/** Does a process exist, and has not ended? On Linux one that nobody has asked how it ended is still listed, as a zombie. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '')
  } catch {
    return false
  }
}
