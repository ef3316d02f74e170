import { closeSync, fdatasync, fsyncSync, ftruncateSync, linkSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

const magic = Buffer.from('PRESAGE\u0001', 'latin1')
const frame = 8
const longestRecord = 16 * 1024 * 1024

/** What opening a log found: whole records, and bytes behind them that are not a record (a write that was cut short, or damage). */
export type Recovery = { readonly records: number; readonly lostBytes: number }

/** Reads exactly `length` bytes at a position of a file; fewer only at its end. */
function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const got = readSync(file, buffer, read, length - read, position + read)
    if (got === 0) break
    read += got
  }
  return buffer.subarray(0, read)
}

/** The record at a position, or undefined if there is none that is whole and matches its checksum. */
function readRecord(file: number, position: number): Buffer | undefined {
  const head = readAt(file, position, frame)
  if (head.length < frame) return undefined
  const length = head.readUInt32LE(0)
  if (length === 0 || length > longestRecord) return undefined
  const payload = readAt(file, position + frame, length)
  return payload.length === length && crc32(payload) === head.readUInt32LE(4) ? payload : undefined
}

/** A whole record, and where the next one begins. */
export type PlacedRecord = { readonly payload: Buffer; readonly next: number }

/** The whole records of a log from a position on, where a record begins (default: all), while another process may be writing it: read, nothing is cut off. Undefined if the file is not a log. */
export function openRecords(path: string, position: number = magic.length): Generator<PlacedRecord> | undefined {
  const file = openSync(path, 'r')
  if (readAt(file, 0, magic.length).equals(magic)) return recordsOf(file, position)
  closeSync(file)
  return undefined
}

function* recordsOf(file: number, position: number): Generator<PlacedRecord> {
  try {
    for (let payload = readRecord(file, position); payload; payload = readRecord(file, position)) {
      position += frame + payload.length
      yield { payload, next: position }
    }
  } finally {
    closeSync(file)
  }
}

/** A record as it lies in the file: length and CRC-32 (both u32, little-endian), then the payload. */
function framed(payload: Uint8Array): Buffer {
  if (payload.length === 0 || payload.length > longestRecord) throw new RangeError(`a record has 1 to ${longestRecord} bytes, not ${payload.length}`)
  const record = Buffer.alloc(frame + payload.length)
  record.writeUInt32LE(payload.length, 0)
  record.writeUInt32LE(crc32(payload), 4)
  record.set(payload, frame)
  return record
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Writes a log anew, durably; gives its length. Undefined, with nothing left of it, if the disk does not take it. */
function writeWhole(path: string, payloads: Iterable<Uint8Array>): number | undefined {
  const file = openSync(path, 'w')
  try {
    let bytes = writeSync(file, magic)
    for (const payload of payloads) {
      const record = framed(payload)
      writeFileSync(file, record)
      bytes += record.length
    }
    fsyncSync(file)
    return bytes
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    rmSync(path)
    return undefined
  } finally {
    closeSync(file)
  }
}

/**
 * An append-only file of checksummed records with a single writer. Opening reads every whole record in order and cuts off what follows the last of them (kept beside the file as
 * `.lost`), so a torn write costs that write and nothing before it. An append is one write: it survives the death of the process at once, a power cut after the next `sync`.
 */
export class RecordLog {
  readonly path: string
  readonly recovery: Recovery
  #file: number
  #bytes: number
  #torn = false
  constructor(path: string, onRecord: (payload: Buffer) => void) {
    this.path = path
    mkdirSync(dirname(path), { recursive: true })
    this.#file = openSync(path, 'a+')
    const begin = readAt(this.#file, 0, magic.length)
    if (begin.length === magic.length && !begin.equals(magic)) throw new Error(`${path} is not a log of this program`)
    let position = magic.length
    let records = 0
    for (let payload = readRecord(this.#file, position); payload; payload = readRecord(this.#file, position)) {
      onRecord(payload)
      position += frame + payload.length
      records += 1
    }
    const lostBytes = this.#cut(begin.length < magic.length ? 0 : position)
    if (begin.length < magic.length) writeSync(this.#file, magic)
    this.#bytes = position
    this.recovery = { records, lostBytes }
    syncFolder(path)
  }

  /** Length of the file in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appends records, all or none: if the write fails, what it left is cut off again (at the latest before the next one) and the error is thrown. */
  append(...payloads: readonly Uint8Array[]): void {
    const records = Buffer.concat(payloads.map(framed))
    if (this.#torn) this.#cutTorn()
    try {
      let written = 0
      while (written < records.length) written += writeSync(this.#file, records, written)
    } catch (error) {
      this.#torn = true
      this.#cutTorn()
      throw error
    }
    this.#bytes += records.length
  }

  #cutTorn(): void {
    ftruncateSync(this.#file, this.#bytes)
    this.#torn = false
  }

  /** Waits until everything appended so far is on the disk. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => fdatasync(this.#file, (error) => (error ? reject(error) : resolve())))
  }

  /** Replaces all records at once: either the old or the new ones are there after a crash. The old file stays under another name, if one is given. False, with everything as it was, if the disk does not take the new one. */
  rewrite(payloads: Iterable<Uint8Array>, keepAs?: string): boolean {
    const path = `${this.path}.new`
    const bytes = writeWhole(path, payloads)
    if (bytes === undefined) return false
    if (keepAs !== undefined) linkSync(this.path, keepAs)
    renameSync(path, this.path)
    syncFolder(this.path)
    closeSync(this.#file)
    this.#file = openSync(this.path, 'a+')
    this.#bytes = bytes
    return true
  }

  close(): void {
    fsyncSync(this.#file)
    closeSync(this.#file)
  }

  /** Cuts the file at a position; returns how many bytes went. */
  #cut(position: number): number {
    const rest: Buffer[] = []
    let end = position
    for (let piece = readAt(this.#file, end, longestRecord); piece.length > 0; piece = readAt(this.#file, end, longestRecord)) {
      rest.push(piece)
      end += piece.length
    }
    if (end > position) {
      writeFileSync(`${this.path}.lost`, Buffer.concat(rest))
      ftruncateSync(this.#file, position)
    }
    return end - position
  }
}
