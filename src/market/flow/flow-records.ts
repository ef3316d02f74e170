import type { Book, Level, Trade } from '../../contracts/flow.ts'

/** Trades or order books of one symbol that came in together, and when (ms). */
export type FlowRecord<Event> = { readonly symbol: string; readonly receivedTime: number; readonly events: readonly Event[] }

const sides = [undefined, 'buy', 'sell'] as const
const lengthBytes = 4
const tradeBytes = 27
const bookBytes = 12
const levelBytes = 16
const noId = 0xffff

type Head = { readonly symbol: string; readonly receivedTime: number }

/** A buffer of so many bytes behind a head, and where they begin. */
function begin({ symbol, receivedTime }: Head, bytes: number): { readonly into: Buffer; readonly at: number } {
  const head = Buffer.from(JSON.stringify({ symbol, receivedTime } satisfies Head))
  const into = Buffer.allocUnsafe(lengthBytes + head.length + bytes)
  into.writeUInt32LE(head.length, 0)
  head.copy(into, lengthBytes)
  return { into, at: lengthBytes + head.length }
}

function headOf(record: Buffer): { readonly head: Head; readonly at: number } {
  const at = lengthBytes + record.readUInt32LE(0)
  return { head: JSON.parse(record.toString('utf8', lengthBytes, at)) as Head, at }
}

/** Trades as bytes: length of a JSON head (u32), the head, then for each time, price and size (doubles, little-endian), its side (0 none, 1 buy, 2 sell), the length of its id (u16; 65,535: none) and the id. */
export function encodeTrades(record: FlowRecord<Trade>): Uint8Array {
  const { events } = record
  const ids = events.reduce((sum, { id }) => sum + (id === undefined ? 0 : Buffer.byteLength(id)), 0)
  const { into, at: first } = begin(record, events.length * tradeBytes + ids)
  let at = first
  for (const { time, price, size, side, id } of events) {
    into.writeDoubleLE(time, at)
    into.writeDoubleLE(price, at + 8)
    into.writeDoubleLE(size, at + 16)
    into.writeUInt8(sides.indexOf(side), at + 24)
    const length = id === undefined ? 0 : into.write(id, at + tradeBytes)
    into.writeUInt16LE(id === undefined ? noId : length, at + 25)
    at += tradeBytes + length
  }
  return into
}

/** The trades of a record. */
export function decodeTrades(record: Buffer): FlowRecord<Trade> {
  const { head, at: first } = headOf(record)
  let at = first
  const events: Trade[] = []
  while (at < record.length) {
    const [time, price, size] = [0, 8, 16].map((offset) => record.readDoubleLE(at + offset)) as [number, number, number]
    const [side, stated] = [sides[record.readUInt8(at + 24)], record.readUInt16LE(at + 25)]
    at += tradeBytes
    const length = stated === noId ? 0 : stated
    events.push({ time, price, size, ...(side && { side }), ...(stated === noId ? {} : { id: record.toString('utf8', at, at + length) }) })
    at += length
  }
  return { ...head, events }
}

/** Order books as bytes: a head as trades have it, then for each its time (double), numbers of bids and asks (u16 each), and price and size of every level (doubles). */
export function encodeBooks(record: FlowRecord<Book>): Uint8Array {
  const { events } = record
  const levels = events.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0)
  const { into, at: first } = begin(record, events.length * bookBytes + levels * levelBytes)
  let at = first
  for (const { time, bids, asks } of events) {
    into.writeDoubleLE(time, at)
    into.writeUInt16LE(bids.length, at + 8)
    into.writeUInt16LE(asks.length, at + 10)
    at += bookBytes
    for (const side of [bids, asks])
      for (const [price, size] of side) {
        into.writeDoubleLE(price, at)
        into.writeDoubleLE(size, at + 8)
        at += levelBytes
      }
  }
  return into
}

/** The order books of a record. */
export function decodeBooks(record: Buffer): FlowRecord<Book> {
  const { head, at: first } = headOf(record)
  let at = first
  const events: Book[] = []
  const levels = (count: number): Level[] =>
    Array.from({ length: count }, () => {
      at += levelBytes
      return [record.readDoubleLE(at - levelBytes), record.readDoubleLE(at - 8)] as const
    })
  while (at < record.length) {
    const [time, bids, asks] = [record.readDoubleLE(at), record.readUInt16LE(at + 8), record.readUInt16LE(at + 10)]
    at += bookBytes
    events.push({ time, bids: levels(bids), asks: levels(asks) })
  }
  return { ...head, events }
}
