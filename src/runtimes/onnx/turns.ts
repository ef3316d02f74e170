/** Work of one thread, a piece at a time, in the order in which it is asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Does the work when what was asked for before is done, however that ended. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
