type Task = () => void

const tasksPerTurn = 32

/**
 * Does the same kind of work together: what came in during one turn of the event loop is done at its end, in the order in which it came, at most 32 tasks before the loop turns again. Between
 * two tasks nothing else runs, so that the code and the tables of the work stay in the caches (cohort scheduling: Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", 2002).
 */
export class Cohort {
  readonly #waiting: Task[] = []
  readonly #atEndOfTurn: (run: Task) => void
  #asked = false
  constructor(atEndOfTurn: (run: Task) => void = setImmediate) {
    this.#atEndOfTurn = atEndOfTurn
  }

  /** Does the task at the end of this turn, or of a later one when many are waiting. One that throws keeps none of the others from being done. */
  join(task: Task): void {
    this.#waiting.push(task)
    this.#ask()
  }

  #ask(): void {
    if (this.#asked || this.#waiting.length === 0) return
    this.#asked = true
    this.#atEndOfTurn(this.#run)
  }

  readonly #run = (): void => {
    try {
      for (let done = 0; done < tasksPerTurn && this.#waiting.length > 0; done++) this.#waiting.shift()?.()
    } finally {
      this.#asked = false
      this.#ask()
    }
  }
}
