import type { Steps } from '../steps.ts'

const lineValues = 8
/** More than this finds no place in the caches of a core. */
const mostBytes = 4 << 20
/** Read at a time: less than a tenth of a millisecond where nothing of it is near. */
const sliceBytes = 128 << 10
const [mostValues, sliceValues] = [mostBytes / Float64Array.BYTES_PER_ELEMENT, sliceBytes / Float64Array.BYTES_PER_ELEMENT]

/** Reads the memory of a kernel line by line, so that calls find it in the caches; what it returns only keeps the reads from being left out. */
export function* readThrough(words: Float64Array): Steps<number> {
  let sum = 0
  const count = Math.min(words.length, mostValues)
  for (let from = 0; from < count; from += sliceValues) {
    const to = Math.min(from + sliceValues, count)
    for (let at = from; at < to; at += lineValues) sum += words[at]!
    yield
  }
  return sum
}
