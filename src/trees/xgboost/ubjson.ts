import { ModelFormatError } from '../model-format-error.ts'
import type { Members, Numbers, Value } from './document.ts'

/** Objects and lists within each other; a model of XGBoost has 8. */
const deepest = 32
/** Objects and lists that any file may have, and bytes for each beyond: an empty object takes 2 bytes, but 70 times as much memory. XGBoost's have 20 bytes at least. */
const [fewest, bytesPerContainer] = [1000, 16]
const utf8 = new TextDecoder()

type Packed = { readonly bytes: number; readonly make: (count: number) => Numbers; readonly read: (view: DataView, at: number) => number }

const int64 = (view: DataView, at: number): number => Number(view.getBigInt64(at))

/** Number types by their marker; numbers are big-endian. */
const numberTypes: Readonly<Record<string, Packed>> = {
  i: { bytes: 1, make: (count) => new Int8Array(count), read: (view, at) => view.getInt8(at) },
  U: { bytes: 1, make: (count) => new Uint8Array(count), read: (view, at) => view.getUint8(at) },
  I: { bytes: 2, make: (count) => new Int16Array(count), read: (view, at) => view.getInt16(at) },
  l: { bytes: 4, make: (count) => new Int32Array(count), read: (view, at) => view.getInt32(at) },
  L: { bytes: 8, make: (count) => new Float64Array(count), read: int64 },
  d: { bytes: 4, make: (count) => new Float32Array(count), read: (view, at) => view.getFloat32(at) },
  D: { bytes: 8, make: (count) => new Float64Array(count), read: (view, at) => view.getFloat64(at) },
}
const words: Readonly<Record<string, Value>> = { Z: null, T: true, F: false }

class UbjsonReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #depth = 0
  #containers = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #fail(message: string): never {
    throw new ModelFormatError(`byte ${this.#at} of the UBJSON: ${message}`)
  }

  /** Moves on by that many bytes and says where they begin. */
  #take(count: number): number {
    if (count > this.#bytes.length - this.#at) this.#fail(`the file ends within a value of ${count} bytes: it is cut off`)
    this.#at += count
    return this.#at - count
  }

  #marker(): string {
    return String.fromCharCode(this.#bytes[this.#take(1)]!)
  }

  #isNext(marker: string): boolean {
    if (this.#bytes[this.#at] !== marker.charCodeAt(0)) return false
    this.#at += 1
    return true
  }

  /** A length, never more than the rest of the file can hold with items of that many bytes. */
  #count(itemBytes: number): number {
    if (!this.#isNext('L')) this.#fail('a length is an int64, with the marker "L"')
    const count = int64(this.#view, this.#take(8))
    const rest = this.#bytes.length - this.#at
    if (count < 0 || count * itemBytes > rest) this.#fail(`a length of ${count} does not fit the ${rest} bytes that follow: the file is damaged or cut off`)
    return count
  }

  #text(): string {
    const count = this.#count(1)
    const from = this.#take(count)
    return utf8.decode(this.#bytes.subarray(from, from + count))
  }

  #numbers(): Numbers {
    const marker = this.#marker()
    const type = numberTypes[marker] ?? this.#fail(`"${marker}" is no type of numbers`)
    if (!this.#isNext('#')) this.#fail('a typed list has a length, with the marker "#"')
    const count = this.#count(type.bytes)
    const from = this.#take(count * type.bytes)
    const numbers = type.make(count)
    for (let i = 0; i < count; i++) numbers[i] = type.read(this.#view, from + i * type.bytes)
    return numbers
  }

  #list(): readonly Value[] | Numbers {
    if (this.#isNext('$')) return this.#numbers()
    const list: Value[] = []
    if (this.#isNext('#')) for (let left = this.#count(1); left > 0; left--) list.push(this.value())
    else while (!this.#isNext(']')) list.push(this.value())
    return list
  }

  #members(): Members {
    const members = Object.create(null) as Record<string, Value>
    while (!this.#isNext('}')) {
      const key = this.#text()
      if (key in members) this.#fail(`"${key.slice(0, 40)}" is written twice`)
      members[key] = this.value()
    }
    return members
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > deepest) this.#fail(`more than ${deepest} objects and lists within each other`)
    if (++this.#containers > fewest + this.#bytes.length / bytesPerContainer) this.#fail(`the file has more objects and lists than a model of its size`)
    const value = read()
    this.#depth--
    return value
  }

  value(): Value {
    const marker = this.#marker()
    if (marker === '{') return this.#nested(() => this.#members())
    if (marker === '[') return this.#nested(() => this.#list())
    if (marker === 'S') return this.#text()
    const word = words[marker]
    if (word !== undefined) return word
    const type = numberTypes[marker] ?? this.#fail(`"${marker}" begins no value`)
    return type.read(this.#view, this.#take(type.bytes))
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.#at < this.#bytes.length) this.#fail(`${this.#bytes.length - this.#at} bytes follow after the model`)
  }
}

/**
 * The part of Universal Binary JSON (draft 12) that XGBoost writes: every length an int64, packed lists of numbers, no packed objects. Throws ModelFormatError with the byte for
 * anything else. Takes time and memory linear in the bytes, whatever they say.
 */
export function decodeUbjson(bytes: Uint8Array): Value {
  const reader = new UbjsonReader(bytes)
  const value = reader.value()
  reader.end()
  return value
}
