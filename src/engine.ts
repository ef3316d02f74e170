import { setFlagsFromString } from 'node:v8'

/**
 * Settings of the JavaScript engine for a process that answers. It counts memory outside its heap, as that of forests, against a limit of its own, and where loads come up to that it works through
 * its heap in steps of 5 to 10 ms (V8's `HandleExternalMemoryInterrupt`); counted with the heap, it collects when both have grown as much as it allows the heap alone. It would begin as soon as less
 * than the size of its young generation is left of that, which is two thirds of it where the heap is small: with 80 % for a start there is a pause of 5 to 15 ms for 15 forests and not for 5.
 */
export function tuneEngine(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--incremental-marking-soft-trigger=80')
  setFlagsFromString('--incremental-marking-hard-trigger=95')
}
