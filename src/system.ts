import { randomFillSync } from 'node:crypto'
import type { Clock, Ids, Timer } from './contracts/ports.ts'

/** The machine's clocks: the only place of the server that asks them. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

const digits = Buffer.from('0123456789abcdef', 'latin1')
const poolSize = 4096
/** Where the eight random bytes of an id stand in its text. */
const randomPlaces = [19, 21, 24, 26, 28, 30, 32, 34] as const

function putByte(text: Uint8Array, at: number, byte: number): void {
  text[at] = digits[byte >> 4] as number
  text[at + 1] = digits[byte & 15] as number
}

/**
 * Ids as UUIDv7 (RFC 9562): 48 bits of ms, then 12 bits that count up within one ms (so ids of one process sort in the order of their making), then 62 random bits.
 * `fill` writes random bytes; it is called once for hundreds of ids.
 */
export function makeIds(clock: Clock, fill: (bytes: Uint8Array) => void = randomFillSync): Ids {
  const pool = new Uint8Array(poolSize)
  // One buffer for all: a text that is put together from pieces costs twice as much, and again when it is read.
  const text = Buffer.from('00000000-0000-7000-0000-000000000000', 'latin1')
  let used = poolSize
  let lastMs = 0
  let sequence = 0
  const putTime = (ms: number): void => {
    lastMs = ms
    sequence = 0
    const hex = ms.toString(16).padStart(12, '0')
    text.write(`${hex.slice(0, 8)}-${hex.slice(8)}`, 'latin1')
  }
  const putRandom = (): void => {
    if (used + 8 > poolSize) {
      fill(pool)
      used = 0
    }
    pool[used] = ((pool[used] as number) & 0x3f) | 0x80
    for (let i = 0; i < 8; i++) putByte(text, randomPlaces[i] as number, pool[used++] as number)
  }
  return () => {
    const now = clock.now()
    sequence += 1
    if (now > lastMs) putTime(now)
    else if (sequence > 0xfff) putTime(lastMs + 1)
    text[15] = digits[sequence >> 8] as number
    putByte(text, 16, sequence & 0xff)
    putRandom()
    return text.toString('latin1')
  }
}

/** The machine's timer: calls back once after some ms; the answer cancels it. */
export const systemTimer: Timer = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
