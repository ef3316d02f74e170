import type { LoadPhase } from '../models/load-bundle.ts'

const firstMs = 5_000

const words: Readonly<Record<LoadPhase, string>> = {
  loading: 'its files are read and checked',
  warming: 'the model loads',
  verifying: 'the model answers golden rows',
}

/** Says what a load waits for, once that takes seconds and then ever more rarely: who sees nothing takes the command for hung. */
export class WaitLines {
  readonly #output: { write(text: string): unknown }
  #timer: NodeJS.Timeout | undefined
  constructor(output: { write(text: string): unknown } = process.stderr) {
    this.#output = output
  }

  /** From now on this is waited for. */
  enter(phase: LoadPhase): void {
    this.#wait(phase, firstMs, 0)
  }
  /** Nothing is waited for any more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #wait(phase: LoadPhase, ms: number, passedMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const soFar = passedMs + ms
      this.#output.write(`waiting for ${soFar / 1000} s: ${words[phase]} (Ctrl-C ends it)\n`)
      this.#wait(phase, soFar, soFar)
    }, ms).unref()
  }
}
