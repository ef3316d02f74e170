import { limitNumbers } from './limits.ts'
import type { ByteMutation, Bytes } from './mutate.ts'
import { oneOf, type Draw } from './random.ts'

const codesOf = (marks: string): number[] => [...new TextEncoder().encode(marks)]
const markers = codesOf('{}[]$#SLliIUdDZTFCHN')
const [int64, list, typed, float] = codesOf('L[$d') as [number, number, number, number]
/** The marks of a packed list before its items: `[$d#L` and eight bytes. */
const packedHead = 13

const numbers = limitNumbers.map(Number)
const finiteNumbers = numbers.filter((number) => Number.isFinite(Math.fround(number)))

/** A copy, changed at the first place from somewhere on that is such, if any is. */
const atPlace =
  (isPlace: (bytes: Bytes, at: number) => boolean, change: (view: DataView, at: number, draw: Draw) => void): ByteMutation =>
  (bytes, _other, draw) => {
    const copy = bytes.slice()
    let at = draw(copy.length + 1)
    while (at < copy.length && !isPlace(copy, at)) at++
    if (at < copy.length) change(new DataView(copy.buffer), at, draw)
    return copy
  }

const changeMarker = atPlace(
  (bytes, at) => markers.includes(bytes[at]!),
  (view, at, draw) => view.setUint8(at, oneOf(draw, markers)),
)

/** Another length: near the true one, or at a limit of int64. */
const changeLength = atPlace(
  (bytes, at) => bytes[at] === int64 && bytes[at + 1] === 0 && at + 9 <= bytes.length,
  (view, at, draw) => {
    const length = view.getBigInt64(at + 1)
    view.setBigInt64(at + 1, oneOf(draw, [length + 1n, length - 1n, length * 2n, -length, 0n, 1n, 1n << 31n, 1n << 53n, (1n << 63n) - 1n, -1n << 63n]))
  },
)

/** Another number in a packed list of such a type, of four bytes as most are. */
const changeItem = (isOfType: (type: number) => boolean, change: (view: DataView, at: number, draw: Draw) => void): ByteMutation =>
  atPlace(
    (bytes, at) => bytes[at] === list && bytes[at + 1] === typed && isOfType(bytes[at + 2]!) && at + packedHead + 4 <= bytes.length,
    (view, from, draw) => {
      const room = Math.min(view.getUint32(from + packedHead - 4), Math.floor((view.byteLength - from - packedHead) / 4))
      change(view, from + packedHead + 4 * draw(Math.max(room, 1)), draw)
    },
  )

const changeFloat = changeItem(
  (type) => type === float,
  (view, at, draw) => view.setFloat32(at, oneOf(draw, draw(4) === 0 ? numbers : finiteNumbers)),
)
const changeWhole = changeItem(
  (type) => type !== float,
  (view, at, draw) => view.setInt32(at, oneOf(draw, [oneOf(draw, numbers), view.getInt32(at) + 1 - draw(3), draw(40) - 8])),
)

/** Mutations of UBJSON files: types, lengths, numbers of packed lists. */
export const ubjsonMutations: readonly ByteMutation[] = [changeMarker, changeLength, changeWhole, changeFloat, changeFloat, changeFloat, changeFloat]
