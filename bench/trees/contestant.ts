import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Single rows: CPU time per call in a tight loop, and quantiles of the time that passed while calls timed one by one ran (the clock's own time is in them); ns. */
export type SingleFigures = { readonly mean: number; readonly p50: number; readonly p99: number; readonly calls: number }

/**
 * A way to evaluate a model, as a process that lives through all rounds: no figure has a start in it. Its first line is `{"name": …}`; then it answers each line with one line of JSON:
 * `single MS`, `batch ROWS MS`, `explain MS` are timed for that long, in CPU time of their thread, so that what else runs on the machine does not count; `answer single|batch|contributions FILE` writes its answers as float64 values, for the check before the first round.
 */
export class Contestant {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #reader: Interface
  #name = ''
  private constructor(command: string, words: readonly string[]) {
    this.#process = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#reader = createInterface({ input: this.#process.stdout })
    this.#lines = this.#reader[Symbol.asyncIterator]()
  }
  static async start(command: string, words: readonly string[]): Promise<Contestant> {
    const contestant = new Contestant(command, words)
    const { name } = await contestant.#answer<{ name: string }>()
    contestant.#name = name
    return contestant
  }
  /** What it calls itself. */
  get name(): string {
    return this.#name
  }
  async #answer<T>(): Promise<T> {
    const { done, value } = await this.#lines.next()
    if (done === true) throw new Error(`the contestant ${this.#name || this.#process.spawnargs.join(' ')} ended without an answer`)
    return JSON.parse(value) as T
  }
  #ask<T>(question: string): Promise<T> {
    this.#process.stdin.write(`${question}\n`)
    return this.#answer<T>()
  }
  /** Single rows for twice `ms`. */
  single(ms: number): Promise<SingleFigures> {
    return this.#ask(`single ${ms}`)
  }
  /** Rows per second in batches of `rows`; at least one batch. */
  async batch(rows: number, ms: number): Promise<number> {
    return (await this.#ask<{ rowsPerSecond: number }>(`batch ${rows} ${ms}`)).rowsPerSecond
  }
  /** ns per row explained. */
  async explain(ms: number): Promise<number> {
    return (await this.#ask<{ mean: number }>(`explain ${ms}`)).mean
  }
  async answer(kind: 'single' | 'batch' | 'contributions', path: string): Promise<void> {
    await this.#ask(`answer ${kind} ${path}`)
  }
  stop(): void {
    this.#reader.close()
    this.#process.kill()
  }
}
