import { Decoder } from '@msgpack/msgpack'
import { ServingError } from '../../contracts/error.ts'
import { aligned, defaultMaxFrameBytes, type Frame, maxHeaderBytes, prefixBytes } from './frame.ts'
import { type Tensor, tensorArrays, type TensorType } from './tensor.ts'

/** Most tensors of a frame that is read. */
export const maxTensors = 64
const maxRank = 8
const decoder = new Decoder({ maxStrLength: maxHeaderBytes, maxBinLength: 0, maxExtLength: 0, maxArrayLength: 10_000, maxMapLength: 1_000 })

const malformed = (what: string): ServingError =>
  new ServingError('worker_crashed', `A frame between the server and an inference process is malformed: ${what}`)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function decodeHeader(bytes: Uint8Array): readonly [Record<string, unknown>, readonly unknown[]] {
  let header: unknown
  try {
    header = decoder.decode(bytes)
  } catch (cause) {
    throw malformed(`its header is not msgpack (${cause instanceof Error ? cause.message : 'unknown reason'})`)
  }
  if (!Array.isArray(header) || header.length !== 2) throw malformed('its header is not a pair')
  const [message, tensors] = header as [unknown, unknown]
  if (!isRecord(message) || !Array.isArray(tensors) || tensors.length > maxTensors) throw malformed('its header has other parts than a message and tensors')
  return [message, tensors]
}

function describe(entry: unknown): { name: string; type: TensorType; shape: number[]; length: number } {
  if (!Array.isArray(entry) || entry.length !== 3) throw malformed('a tensor is not described by name, type and shape')
  const [name, type, shape] = entry as [unknown, unknown, unknown]
  if (typeof name !== 'string' || typeof type !== 'string' || !Object.hasOwn(tensorArrays, type)) throw malformed('a tensor has an unknown type')
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every(isLength)) throw malformed('a tensor has an impossible shape')
  const length = shape.reduce<number>((product, dimension) => product * dimension, 1)
  return { name, type: type as TensorType, shape, length }
}

function decodeBody(body: Buffer, headerBytes: number): Frame {
  const [message, entries] = decodeHeader(body.subarray(0, headerBytes))
  let at = aligned(headerBytes)
  const tensors = entries.map((entry): Tensor => {
    const { name, type, shape, length } = describe(entry)
    const start = at
    at += aligned(length * tensorArrays[type].BYTES_PER_ELEMENT)
    if (!(at <= body.length)) throw malformed('a tensor is longer than the frame')
    return { name, shape, data: new tensorArrays[type](body.buffer as ArrayBuffer, body.byteOffset + start, length) }
  })
  if (at !== body.length) throw malformed('bytes follow the last tensor')
  return { message, tensors }
}

/** Turns the bytes of a connection, however they are cut into chunks, into frames. One per connection; after an error the connection must be closed. */
export class FrameReader {
  readonly #maxBytes: number
  readonly #prefix = Buffer.alloc(prefixBytes)
  #body: Buffer | undefined
  #filled = 0

  constructor(maxBytes: number = defaultMaxFrameBytes) {
    this.#maxBytes = maxBytes
  }

  /** The frames that `chunk` completes, in order. Throws `worker_crashed` on a malformed frame, before memory is taken for one that is too long. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    for (let at = 0; at < chunk.length;) {
      const target = this.#body ?? this.#prefix
      const part = chunk.subarray(at, at + target.length - this.#filled)
      target.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === target.length) this.#complete(frames)
    }
    return frames
  }

  #complete(frames: Frame[]): void {
    this.#filled = 0
    if (this.#body === undefined) {
      this.#body = this.#allocate()
      return
    }
    const body = this.#body
    this.#body = undefined
    frames.push(decodeBody(body, this.#prefix.readUInt32LE(4)))
  }

  #allocate(): Buffer {
    const bodyBytes = this.#prefix.readUInt32LE(0)
    const headerBytes = this.#prefix.readUInt32LE(4)
    if (bodyBytes > this.#maxBytes) throw malformed(`it announces ${bodyBytes} bytes, allowed are ${this.#maxBytes}`)
    if (headerBytes === 0 || headerBytes > maxHeaderBytes || aligned(headerBytes) > bodyBytes) throw malformed(`it announces a header of ${headerBytes} bytes`)
    // A body of its own (never a slice of a shared pool) starts at a multiple of 8.
    return Buffer.from(new ArrayBuffer(bodyBytes))
  }
}
