import { processorMs } from './process-tree.ts'

const least = 1 / 4

/** Looks at what a process that gives way to others has of the processors. */
export class ProcessorShare {
  readonly #pid: () => number | undefined
  readonly #read: (pid: number) => number | undefined
  #before: number | undefined

  /** `pid` is undefined before the process runs, which counts as nothing; `read` tells the ms of processors that it has had, those below it included unless it says otherwise. */
  constructor(pid: () => number | undefined, read: (pid: number) => number | undefined = processorMs) {
    this.#pid = pid
    this.#read = read
    this.#before = this.#soFar()
  }

  /** True where it has had less than a quarter of a processor in the `ms` since the last look: others want them all the time. Never where the system does not tell. */
  isStarved(ms: number): boolean {
    const before = this.#before
    this.#before = this.#soFar()
    return before !== undefined && this.#before !== undefined && this.#before - before < ms * least
  }

  #soFar(): number | undefined {
    const pid = this.#pid()
    return pid === undefined ? 0 : this.#read(pid)
  }
}
