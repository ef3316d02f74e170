import { setFlagsFromString } from 'node:v8'

/**
 * Settings of the JavaScript engine for a process that answers. It counts memory outside its heap, as that of forests, against a limit of its own, and where loads come up to that it works through
 * its heap in steps of 5 to 10 ms (V8's `HandleExternalMemoryInterrupt`); counted with the heap, it collects when both have grown as much as it allows the heap alone.
 */
export function tuneEngine(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
