import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LoadTarget } from './http-load.ts'

/** So many requests a second for so long; beside them posts to these paths in turn, each once or over and over, without pause. */
export type OpenLoopJob = {
  readonly target: LoadTarget
  readonly seconds: number
  readonly rate: number
  readonly beside?: readonly string[]
  readonly once?: boolean
}
/** Latencies in ms from the moment a request was due (`p99s`: of each second), how many answers were no 200, and how often the paths beside were gone through. */
export type OpenLoopResult = {
  readonly p50: number
  readonly p99: number
  readonly p99s: readonly number[]
  readonly errors: number
  readonly count: number
  readonly cycles: number
}

/** The open loop of open-loop.py in its process, on one processor if one is named: one job at a time. */
export class SleepingLoad {
  readonly #child
  readonly #lines
  constructor(python: string, processor?: number) {
    const where = processor === undefined ? [] : [String(processor)]
    this.#child = spawn(python, [fileURLToPath(new URL('open-loop.py', import.meta.url)), ...where], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }
  async run(job: OpenLoopJob): Promise<OpenLoopResult> {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the load generator ended')
    return JSON.parse(value) as OpenLoopResult
  }
  stop(): void {
    this.#child.kill()
  }
}
