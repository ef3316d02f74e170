import type { TextMutation } from './mutate-lines.ts'
import { limitNumbers } from './limits.ts'
import { drawsOf, oneOf, type Draw } from './random.ts'

/** A file. */
export type Bytes = Uint8Array<ArrayBuffer>
/** A mutation of a file; `other` is another one of the same format, to take parts from. */
export type ByteMutation = (bytes: Bytes, other: Bytes, draw: Draw) => Bytes

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const withByte = (bytes: Bytes, at: number, byte: number): Bytes => {
  const copy = bytes.slice()
  if (at < copy.length) copy[at] = byte
  return copy
}

/** Mutations of bytes, whatever they mean: single bytes and bits, runs of limits, cuts, gaps, repeats, splices of two files. */
const byteMutations: readonly ByteMutation[] = [
  (bytes, _other, draw) => withByte(bytes, draw(bytes.length + 1), draw(256)),
  (bytes, _other, draw) => {
    const at = draw(bytes.length + 1)
    return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << draw(8)))
  },
  (bytes, _other, draw) => bytes.slice(0, draw(bytes.length + 1)),
  (bytes, _other, draw) => {
    const at = draw(bytes.length + 1)
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + draw(40)))
  },
  (bytes, _other, draw) => {
    const at = draw(bytes.length + 1)
    return joined(bytes.subarray(0, at), encoder.encode(oneOf(draw, [...limitNumbers, '\n', '=', ' ', '\r', '"', '['])), bytes.subarray(at))
  },
  (bytes, _other, draw) => {
    const [at, to, from] = [draw(bytes.length + 1), draw(bytes.length + 1), draw(bytes.length + 1)]
    return joined(bytes.subarray(0, at), bytes.subarray(from, from + draw(400)), bytes.subarray(to))
  },
  (bytes, _other, draw) => {
    const at = draw(bytes.length + 1)
    const run = new Uint8Array(1 + draw(8)).fill(oneOf(draw, [0, 0x7f, 0x80, 0xff]))
    return joined(bytes.subarray(0, at), run, bytes.subarray(at + run.length))
  },
  (bytes, other, draw) => joined(bytes.subarray(0, draw(bytes.length + 1)), other.subarray(draw(other.length + 1))),
]

/** Mutations of a text as those of its bytes. */
export function ofText(mutations: readonly TextMutation[]): readonly ByteMutation[] {
  return mutations.map((change) => (bytes, other, draw) => encoder.encode(change(decoder.decode(bytes), decoder.decode(other), draw)))
}

/** Real files, and how their structure is changed beside their bytes. */
export type Corpus = { readonly seeds: readonly Bytes[]; readonly mutations: readonly ByteMutation[] }

/** The mutant of a seed: a real file changed one to four times, mostly in its structure. */
export function mutantOf({ seeds, mutations }: Corpus, seed: number): Bytes {
  const draw = drawsOf(seed)
  const other = oneOf(draw, seeds)
  let bytes = oneOf(draw, seeds)
  for (let left = 1 + draw(4); left > 0; left--) {
    const isStructured = mutations.length > 0 && draw(5) > 0
    bytes = oneOf(draw, isStructured ? mutations : byteMutations)(bytes, other, draw)
  }
  return bytes
}
