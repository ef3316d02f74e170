import { readdirSync, readFileSync } from 'node:fs'

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return Number.NaN // it ended meanwhile
  }
}

/** Ids of the processes that this one has started, of those that they have started, and so on. Linux only. */
export function descendants(): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), parentOf(pid)]),
  )
  const descends = (pid: number | undefined): boolean => pid !== undefined && (parents.get(pid) === process.pid || descends(parents.get(pid)))
  return [...parents.keys()].filter(descends)
}
