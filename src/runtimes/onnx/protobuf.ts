import { ServingError } from '../../contracts/error.ts'

/** A field of a protobuf message: its number, and its value: a number for wire types 0, 1 and 5 (fixed-width ones are not interpreted), bytes for wire type 2. */
export type ProtoField = { readonly number: number; readonly value: number | Uint8Array }

/** A refusal of bytes that are not a well-formed ONNX file. */
export const notOnnx = (why: string): ServingError =>
  new ServingError(
    'model_verification_failed',
    `The file is not a well-formed ONNX model (${why}). Export it again, and check it with onnx.checker.check_model.`,
  )

const maxTagBytes = 5
const maxVarintBytes = 10

/** Walks one message. A varint is exact up to 2^53 and rounded above, which keeps zero and not zero apart. Throws `model_verification_failed` where the bytes break the rules. */
export function* fieldsOf(bytes: Uint8Array): Generator<ProtoField> {
  let at = 0
  const varint = (maxBytes: number): number => {
    let value = 0
    for (let place = 0; place < maxBytes; place += 1) {
      const byte = bytes[at]
      if (byte === undefined) throw notOnnx('it is cut off')
      at += 1
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return value
    }
    throw notOnnx('a number is too long')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw notOnnx('a part is longer than the file')
    at += length
    return bytes.subarray(at - length, at)
  }
  const valueOf = (wireType: number): number | Uint8Array => {
    if (wireType === 0) return varint(maxVarintBytes)
    if (wireType === 2) return take(varint(maxVarintBytes))
    if (wireType !== 1 && wireType !== 5) throw notOnnx(`wire type ${wireType}`)
    take(wireType === 1 ? 8 : 4)
    return 0
  }
  while (at < bytes.length) {
    const tag = varint(maxTagBytes)
    if (tag < 8 || tag > 0xffff_ffff) throw notOnnx('a field number is out of range')
    yield { number: Math.floor(tag / 8), value: valueOf(tag % 8) }
  }
}
