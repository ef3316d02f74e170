import { readFileSync } from 'node:fs'

/** The words of a process, as /proc tells them; empty for one that is not there, or has ended. */
export function commandOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
