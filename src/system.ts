import { randomFillSync } from 'node:crypto'
import type { Clock, Ids } from './contracts/ports.ts'

/** The machine's clocks: the only place of the server that asks them. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const poolSize = 4096

/**
 * Ids as UUIDv7 (RFC 9562): 48 bits of ms, then 12 bits that count up within one ms (so ids of one process sort in the order of their making), then 62 random bits.
 * `fill` writes random bytes; it is called once for hundreds of ids.
 */
export function makeIds(clock: Clock, fill: (bytes: Uint8Array) => void = randomFillSync): Ids {
  const pool = new Uint8Array(poolSize)
  let used = poolSize
  let lastMs = 0
  let sequence = 0
  const pair = (at: number): string => (hex[pool[at] as number] as string) + (hex[pool[at + 1] as number] as string)
  return () => {
    if (used + 8 > poolSize) {
      fill(pool)
      used = 0
    }
    const now = clock.now()
    sequence = now > lastMs ? 0 : sequence + 1
    lastMs = Math.max(now, lastMs)
    if (sequence > 0xfff) {
      lastMs += 1
      sequence = 0
    }
    const time = lastMs.toString(16).padStart(12, '0')
    const at = used
    used += 8
    pool[at] = ((pool[at] as number) & 0x3f) | 0x80
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${pair(at)}-${pair(at + 2)}${pair(at + 4)}${pair(at + 6)}`
  }
}

/** The machine's timer: calls back once after some ms; the answer cancels it. */
export const systemTimer = {
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
