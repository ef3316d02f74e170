import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Which script of this folder to run with which Python (from the root of the repository), and what it is given. */
type Script = { readonly python: string; readonly script: string; readonly args?: readonly string[] }
/** What one round took. */
export type Round = { readonly seconds: number; readonly count: number }

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** A Python program that does a round of its work whenever it is asked to, see rounds.py. */
export class Contestant {
  readonly name: string
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  private constructor(name: string, child: ChildProcess, answers: AsyncIterator<string>) {
    this.name = name
    this.#child = child
    this.#answers = answers
  }

  /** Starts it; undefined if its Python is not there or lacks what it imports. */
  static async start({ python, script, args = [] }: Script): Promise<Contestant | undefined> {
    const executable = pathOf(`../../${python}`)
    if (!existsSync(executable)) return undefined
    const child = spawn(executable, [pathOf(script), ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const { value, done } = await answers.next()
    return done === true ? undefined : new Contestant((JSON.parse(value) as { readonly name: string }).name, child, answers)
  }

  /** Seconds of CPU of one round, and how much it did. */
  async round(): Promise<Round> {
    this.#child.stdin?.write('go\n')
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`${this.name} has ended`)
    return JSON.parse(value) as Round
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
  }
}
