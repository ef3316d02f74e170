import { endianness } from 'node:os'
import { Encoder } from '@msgpack/msgpack'
import { ServingError } from '../../contracts/error.ts'
import { type Tensor, typeOf } from './tensor.ts'

// Tensors travel as the bytes that typed arrays have in memory.
if (endianness() !== 'LE') throw new Error('Inference processes need a little-endian machine')

/** One message between the server and an inference process: a small record and the tensors that go with it. */
export type Frame = { readonly message: Readonly<Record<string, unknown>>; readonly tensors: readonly Tensor[] }

// One for all frames: each new one would take 2 KiB first.
const encoder = new Encoder()

/** Bytes of a frame before its body: the body's length and the header's length, both uint32 little-endian. */
export const prefixBytes = 8
/** Longest header (message and descriptions of tensors) that is read. */
export const maxHeaderBytes = 1 << 20
/** Longest body that is written or read unless the caller says otherwise. */
export const defaultMaxFrameBytes = 64 << 20

/** The next multiple of 8: header and tensors start there, so that their typed arrays need no copy. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8

/**
 * A frame as bytes: prefix, msgpack header `[message, [[name, type, shape], …]]`, then each tensor's little-endian values, all at multiples of 8.
 * Throws `batch_too_large` when the body would be longer than `maxBytes`, or its header than is read.
 */
export function encodeFrame(frame: Frame, maxBytes: number = defaultMaxFrameBytes): Uint8Array {
  const header = encoder.encode([frame.message, frame.tensors.map((tensor) => [tensor.name, typeOf(tensor.data), tensor.shape])])
  if (header.length > maxHeaderBytes)
    throw new ServingError(
      'batch_too_large',
      `The names of a message take ${header.length} bytes; at most ${maxHeaderBytes} are sent to an inference process. Use fewer or shorter ones.`,
    )
  const start = aligned(header.length)
  const bodyBytes = frame.tensors.reduce((sum, tensor) => sum + aligned(tensor.data.byteLength), start)
  if (bodyBytes > maxBytes) {
    throw new ServingError('batch_too_large', `The rows take ${bodyBytes} bytes; an inference process takes at most ${maxBytes} at once. Send fewer rows.`)
  }
  const bytes = Buffer.alloc(prefixBytes + bodyBytes)
  bytes.writeUInt32LE(bodyBytes, 0)
  bytes.writeUInt32LE(header.length, 4)
  bytes.set(header, prefixBytes)
  let at = prefixBytes + start
  for (const { data } of frame.tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += aligned(data.byteLength)
  }
  return bytes
}
