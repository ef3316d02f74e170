import { quantile } from './report.ts'

/** What callers see who each ask for one row, wait for its answer and ask for the next: latencies in ms, and rows of all together in a second. */
export type Figures = { readonly p50: number; readonly p99: number; readonly rowsPerS: number }

/** Lets so many callers ask for so many ms; `ask` is told which of them asks, and gives a promise unless the answer is there at once. */
export async function drive(ask: (caller: number) => Promise<unknown> | undefined, callers: number, forMs: number): Promise<Figures> {
  const times: number[] = []
  const started = performance.now()
  const call = async (caller: number): Promise<void> => {
    for (let now = performance.now(); now < started + forMs;) {
      const answer = ask(caller)
      if (answer) await answer
      const after = performance.now()
      times.push(after - now)
      now = after
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), rowsPerS: (times.length * 1_000) / (performance.now() - started) }
}

/** A row of made-up values for each caller. */
export const rowsOf = (inputs: number, callers: number): readonly Float64Array[] =>
  Array.from({ length: callers }, (_, seed) => Float64Array.from({ length: inputs }, (_value, at) => Math.sin(seed + at)))
