/** Ways to wait; each returns what cancels it. */
export type Timers = {
  /** Calls back after some ms. */
  after(ms: number, run: () => void): () => void
  /** Calls back when what has already come in has been read. */
  nextTurn(run: () => void): () => void
}

/** The machine's timers, which wait a millisecond at least. */
export const machineTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  nextTurn(run) {
    const turn = setImmediate(run)
    return () => clearImmediate(turn)
  },
}
