/** Calls back after some ms; what it returns cancels that. */
export type Timers = { after(ms: number, run: () => void): () => void }

/** The machine's timers. */
export const machineTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
