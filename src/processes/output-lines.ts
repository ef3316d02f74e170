import type { Readable } from 'node:stream'
import type { Clock } from '../contracts/ports.ts'

const maxLineLength = 2_000
const maxLinesPerSecond = 100

/** A line that a process printed. */
export type OutputLine = { readonly stream: 'stdout' | 'stderr'; readonly line: string }

/** Reads what a process prints to the end, so that it never blocks on a full pipe; lines are cut at 2,000 characters, and beyond 100 lines a second dropped and counted. */
export function captureLines(
  stream: OutputLine['stream'],
  source: Readable,
  { clock, log }: { readonly clock: Clock; readonly log: (line: OutputLine) => void },
): void {
  let rest = ''
  let second = 0
  let lines = 0
  const take = (line: string): void => {
    const now = Math.floor(clock.monotonic() / 1_000)
    if (now !== second) {
      if (lines > maxLinesPerSecond) log({ stream, line: `(${lines - maxLinesPerSecond} more lines were dropped)` })
      second = now
      lines = 0
    }
    lines += 1
    if (lines <= maxLinesPerSecond) log({ stream, line: line.slice(0, maxLineLength) })
  }
  source.setEncoding('utf8')
  source.on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = (parts.pop() ?? '').slice(0, maxLineLength)
    for (const line of parts) take(line)
  })
  source.on('end', () => {
    if (rest !== '') take(rest)
  })
  source.on('error', () => {})
}
