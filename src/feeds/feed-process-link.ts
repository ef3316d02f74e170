import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../contracts/ports.ts'
import type { Command } from '../processes/command.ts'
import { captureLines, type OutputLine } from '../processes/output-lines.ts'
import { type FeedOrder, type FeedReport, parseReport } from './feed-message.ts'

/** What a link needs: how the process is started, who takes what it says, where printed lines go, and how long it may be silent. */
export type FeedLinkDeps = {
  readonly command: Command
  readonly clock: Clock
  readonly log: (line: OutputLine) => void
  readonly take: (report: FeedReport) => void
  readonly silentMs: number
}

/** The process of one feed from its start to its end. One that says nothing for too long (it says something once a second), or something that is of no kind, is ended. */
export class FeedProcessLink {
  readonly #child: ChildProcess
  readonly #deps: FeedLinkDeps
  readonly #ended = Promise.withResolvers<string>()
  #silence: NodeJS.Timeout | undefined
  #ending: string | undefined

  constructor(deps: FeedLinkDeps) {
    this.#deps = deps
    const { file, args, env } = deps.command
    this.#child = spawn(file, args, { cwd: '/', env: { ...env }, stdio: ['pipe', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
    this.#listen()
    this.#watchSilence()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves to the reason once the process no longer exists. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  send(order: FeedOrder): void {
    if (this.#ending === undefined && this.#child.connected) this.#child.send(order, () => {})
  }

  /** Ends the process at once. The first reason stays. */
  end(reason: string): void {
    if (this.#ending !== undefined) return
    this.#ending = reason
    clearTimeout(this.#silence)
    this.#child.kill('SIGKILL')
  }

  #listen(): void {
    const child = this.#child
    const { clock, log } = this.#deps
    child.on('message', (message) => this.#receive(message))
    child.on('error', (error) => {
      this.end(`the machine could not start it (${error.message})`)
      if (child.pid === undefined) this.#ended.resolve(this.#ending as string)
    })
    child.on('exit', (code, signal) => {
      this.end(signal === null ? `it exited with status ${code}` : `signal ${signal} ended it`)
      this.#ended.resolve(this.#ending as string)
    })
    child.stdin?.on('error', () => {})
    for (const stream of ['stdout', 'stderr'] as const) {
      const source = child[stream]
      if (source) captureLines(stream, source, { clock, log })
    }
  }

  #receive(message: unknown): void {
    if (this.#ending !== undefined) return
    this.#watchSilence()
    const report = parseReport(message)
    if (report === undefined) this.end('it sent a message of no known kind')
    else this.#deps.take(report)
  }

  #watchSilence(): void {
    clearTimeout(this.#silence)
    const { silentMs } = this.#deps
    this.#silence = setTimeout(() => this.end(`it said nothing for ${silentMs} ms`), silentMs)
  }
}
