import type { Steps } from '../steps.ts'

const lineValues = 8
/** More than this finds no place in the caches of a core. */
const mostBytes = 4 << 20
/** Read at a time: less than a tenth of a millisecond where nothing of it is near. */
const sliceBytes = 128 << 10

/** Reads the memory of a kernel line by line, so that calls find it in the caches; what it returns only keeps the reads from being left out. */
export function* readThrough(memory: ArrayBuffer): Steps<number> {
  let sum = 0
  const bytes = Math.min(memory.byteLength, mostBytes)
  for (let from = 0; from < bytes; from += sliceBytes) {
    const values = new Float64Array(memory, from, Math.min(sliceBytes, bytes - from) / Float64Array.BYTES_PER_ELEMENT)
    for (let at = 0; at < values.length; at += lineValues) sum += values[at]!
    yield
  }
  return sum
}
