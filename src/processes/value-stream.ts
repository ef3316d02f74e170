import { DefaultDeserializer, DefaultSerializer } from 'node:v8'

const kinds = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array] as const
const lengthBytes = 4
/** All but the arrays: names and settings, so more than this is no value. */
const mostHeadBytes = 64 << 20

/** Writes arrays as their kind and size; their bytes come after everything else. */
class Writer extends DefaultSerializer {
  readonly arrays: Uint8Array[] = []
  _writeHostObject(view: NodeJS.TypedArray): void {
    const kind = kinds.findIndex((each) => view instanceof each)
    if (kind < 0) throw new TypeError(`${view.constructor.name} cannot be sent`)
    this.writeUint32(kind)
    this.writeDouble(view.byteLength)
    this.arrays.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  }
}

/** Makes the arrays, which are filled later. */
class Reader extends DefaultDeserializer {
  readonly arrays: Uint8Array[] = []
  _readHostObject(): unknown {
    const Kind = kinds[this.readUint32()]
    const bytes = this.readDouble()
    if (Kind === undefined) throw new TypeError('an array of an unknown kind')
    const { buffer } = Buffer.allocUnsafeSlow(bytes)
    this.arrays.push(new Uint8Array(buffer, 0, bytes))
    return new (Kind as new (buffer: ArrayBufferLike, offset: number, length: number) => NodeJS.TypedArray)(buffer, 0, bytes / Kind.BYTES_PER_ELEMENT)
  }
}

/** A value as bytes to write one after the other: what structured cloning takes, but no modules and no views of one buffer that stay one. `ValueStream` reads it. */
export function valueParts(value: unknown): readonly Uint8Array[] {
  const writer = new Writer()
  writer.writeHeader()
  writer.writeValue(value)
  const head = writer.releaseBuffer()
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(head.length)
  return [length, head, ...writer.arrays]
}

/** The arrays that the bytes of a value go into, in their order; returns the value once all are filled. */
function* wanted(): Generator<Uint8Array, unknown> {
  const length = Buffer.alloc(lengthBytes)
  yield length
  const headBytes = length.readUInt32LE()
  if (headBytes > mostHeadBytes) throw new RangeError(`a value of ${headBytes} bytes`)
  const head = Buffer.alloc(headBytes)
  yield head
  const reader = new Reader(head)
  reader.readHeader()
  const value: unknown = reader.readValue()
  yield* reader.arrays
  return value
}

/** Reads what `valueParts` wrote from a stream of bytes. Megabytes of arrays are put where they stay as they come in, so that no turn of the event loop takes longer than its piece does. */
export class ValueStream {
  readonly #take: (value: unknown) => void
  // One for each value: it holds what it has returned.
  #wanted = wanted()
  #target: Uint8Array
  #filled = 0

  /** `take` is called with each value that is complete. */
  constructor(take: (value: unknown) => void) {
    this.#take = take
    this.#target = this.#next()
  }

  /** Throws on bytes that are none of `valueParts`; the stream is of no use then. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length;) {
      const piece = chunk.subarray(from, from + this.#target.length - this.#filled)
      this.#target.set(piece, this.#filled)
      this.#filled += piece.length
      from += piece.length
      while (this.#filled === this.#target.length) {
        this.#target = this.#next()
        this.#filled = 0
      }
    }
  }

  #next(): Uint8Array {
    const { done, value } = this.#wanted.next()
    if (done !== true) return value
    this.#wanted = wanted()
    this.#take(value)
    return this.#next()
  }
}
