import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** V8's `--gc-memory-reducer-start-delay-ms`. */
const firstCollectionMs = 8_000

/**
 * Settings of the JavaScript engine for a process that answers. It counts memory outside its heap, as that of forests, against a limit of its own, and where loads come up to that it works through
 * its heap in steps of 5 to 10 ms (V8's `HandleExternalMemoryInterrupt`); counted with the heap, it collects when both have grown as much as it allows the heap alone. It would begin as soon as less
 * than the size of its young generation is left of that, which is two thirds of it where the heap is small: with 80 % for a start its pauses of 5 to 15 ms are a third as many.
 * And it would give memory back to the system when little is asked, by up to two collections with pauses of 20 to 40 ms that throw optimised code away: where one came between the first requests and the
 * many that followed, each took half as much again of the processors. That is done once, by `tidyUp`. A count of 0 ends it, also where the engine runs already; `--no-memory-reducer` does not. But an engine that has begun
 * such a collection ends the process when it finds that it has done more than the count: it begins none in its first 8 s, and where it is older than that (`ageMs`) it is left as it is.
 */
export function tuneEngine(ageMs = process.uptime() * 1_000): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--incremental-marking-soft-trigger=80')
  setFlagsFromString('--incremental-marking-hard-trigger=95')
  if (ageMs < firstCollectionMs) setFlagsFromString('--memory-reducer-gc-count=0')
}

/** Collects what the start has left behind, more than what stays, and gives that memory back to the system: for the moment before the first answer, since nothing else is done meanwhile. */
export function tidyUp(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
