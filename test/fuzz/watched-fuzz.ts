import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FuzzLine } from './fuzz-lines.ts'
import type { CaseResult } from './run-case.ts'

/** Which cases to run: `cases` seeds from `seed` on, of a format in the list that the module `list` exports. `stuckMs` without a word from the process is a hang. */
export type FuzzOptions = {
  readonly list: URL
  readonly format: string
  readonly seed: number
  readonly cases: number
  readonly stuckMs?: number
  readonly onCase?: (report: FuzzReport) => void
}

/** A case that broke the promise, by the seed that makes it again. */
export type Failure = { readonly seed: number; readonly message: string }

type Costliest = { readonly seed: number; readonly value: number }

/** How a run went; the costliest cases with their seeds. */
export type FuzzReport = {
  readonly verdicts: Record<CaseResult['verdict'], number>
  readonly failures: Failure[]
  readonly costliest: Record<'ms' | 'parseBytes' | 'compileBytes', Costliest>
}

/** After so many failures a run ends: the rest would say the same. */
const mostFailures = 10
const heapMegabytes = 256

const flags = ['--expose-gc', '--single-threaded-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', `--max-old-space-size=${heapMegabytes}`]
const script = fileURLToPath(new URL('fuzz-process.ts', import.meta.url))

function note(report: FuzzReport, line: FuzzLine): void {
  if ('fault' in line) report.failures.push({ seed: line.fault, message: line.message })
  if (!('end' in line)) return
  report.verdicts[line.verdict]++
  for (const cost of ['ms', 'parseBytes', 'compileBytes'] as const)
    if (line[cost] > report.costliest[cost].value) report.costliest[cost] = { seed: line.end, value: line[cost] }
}

/** The last words of a stream, for the reason of a crash. */
function lastWords(stream: Readable): () => string {
  let words = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (words = (words + chunk).slice(-2000)))
  return () => /FATAL ERROR: .*/.exec(words)?.[0] ?? words.trim().slice(-400)
}

const endOf = (child: ChildProcess): Promise<number | NodeJS.Signals> =>
  new Promise((resolve, reject) => child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code ?? 0)))

/** One process over the seeds from..to; resolves to the seed at which to go on. */
async function runProcess(options: FuzzOptions, report: FuzzReport, [from, to]: readonly [number, number]): Promise<number> {
  const child = spawn(process.execPath, [...flags, script, options.list.href, options.format, String(from), String(to)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const reason = lastWords(child.stderr)
  const ended = endOf(child)
  let running: number | undefined
  let isStuck = false
  const { stuckMs = 20_000 } = options
  const watch = setTimeout(() => (isStuck = child.kill('SIGKILL')), stuckMs)
  for await (const text of createInterface({ input: child.stdout })) {
    watch.refresh()
    const line = JSON.parse(text) as FuzzLine
    running = 'begin' in line ? line.begin : undefined
    if (report.failures.length < mostFailures) note(report, line)
    else child.kill('SIGKILL')
    options.onCase?.(report)
  }
  const end = await ended
  clearTimeout(watch)
  if (end === 0 || report.failures.length >= mostFailures) return to
  if (running === undefined) throw new Error(`the fuzzing process ended with ${end} outside of a case: ${reason()}`)
  report.failures.push({ seed: running, message: isStuck ? `no answer within ${stuckMs} ms` : `the process ended with ${end}: ${reason()}` })
  return running + 1
}

/** Runs cases in a process of their own, watched from here: one that hangs, crashes or runs out of memory is a failure with its seed, and the run goes on behind it. */
export async function watchedFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const none = { seed: -1, value: 0 }
  const report: FuzzReport = {
    verdicts: { refused: 0, accepted: 0, compiled: 0 },
    failures: [],
    costliest: { ms: none, parseBytes: none, compileBytes: none },
  }
  const to = options.seed + options.cases
  for (let from = options.seed; from < to && report.failures.length < mostFailures;) from = await runProcess(options, report, [from, to])
  return report
}
