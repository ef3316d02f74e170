import type { Span } from './spans.ts'

/**
 * How many positions of each kind the kernel unrolls for one block of 32 leaves: single slices whose missing values go left or right (4 each), pairs of adjacent
 * slices (3). What does not fit goes to the wide positions, whose number varies by group.
 */
export type Capacity = { readonly left: readonly number[]; readonly right: readonly number[]; readonly pair: readonly number[] }

/** Instructions that a position of each kind costs, counted in the kernel's code; what `chooseCapacity` weighs. */
export type Costs = { readonly single: number; readonly pair: number; readonly wide: number; readonly hasBias: boolean }

/** Which kind of position a numeric span asks for: `slice` 0-3 alone, the pair that begins at `pair`, or a wide one. `near` = its column is in the first two registers. */
export function wantedKind(span: Span, near: boolean): { kind: 'single' | 'pair' | 'wide'; at: number } {
  if (!near || span.lastSlice > span.firstSlice + 1) return { kind: 'wide', at: 0 }
  return { kind: span.lastSlice === span.firstSlice ? 'single' : 'pair', at: span.firstSlice }
}

/** Spans of one tree and block by kind, as 16 numbers: 0-3 left, 4-7 right, 8-11 either, 12-14 pairs, 15 wide. */
export function countKinds(spans: readonly Span[], isNear: (span: Span) => boolean): Uint16Array {
  const counts = new Uint16Array(16)
  for (const span of spans) {
    if (span.categorical >= 0) continue
    const { kind, at } = wantedKind(span, isNear(span))
    const base = kind === 'single' ? { left: 0, right: 4, either: 8 }[span.bias] : kind === 'pair' ? 12 : 15
    counts[base + at] = counts[base + at]! + 1
  }
  return counts
}

const above = (count: number, room: number): number => Math.max(count - room, 0)

/** Spans of one tree that find no place but a wide one. `c` is 0-3 left, 4-7 right, 8-10 pairs. Runs hundreds of thousands of times per model, so it allocates nothing. */
function overflow(counts: Uint16Array, c: readonly number[]): number {
  let wide = counts[15]!
  let freeBefore = 0
  for (let s = 0; s < 4; s++) {
    const pairs = s < 3 ? counts[12 + s]! : 0
    const pairRoom = s < 3 ? c[8 + s]! : 0
    const free = above(pairRoom, pairs)
    const room = above(c[s]!, counts[s]!) + above(c[4 + s]!, counts[4 + s]!)
    const rest = above(counts[s]!, c[s]!) + above(counts[4 + s]!, c[4 + s]!) + above(counts[8 + s]!, room)
    const inOwn = Math.min(above(rest, freeBefore), free)
    wide += above(pairs, pairRoom) + above(rest, freeBefore) - inOwn
    freeBefore = free - inOwn
  }
  return wide
}

type Groups = readonly (readonly Uint16Array[])[]

/** What a capacity costs; given up, with any number that is no less, once it has reached `limit`. Allocates nothing either. */
function costOf(groups: Groups, c: readonly number[], { costs, limit }: { costs: Costs; limit: number }): number {
  let total = 0
  for (let i = 0; i < c.length; i++) total += groups.length * c[i]! * (i < 8 ? costs.single : costs.pair)
  for (const group of groups) {
    if (total >= limit) return total
    let most = 0
    for (const counts of group) most = Math.max(most, overflow(counts, c))
    total += costs.wide * most
  }
  return total
}

/** Moves the numbers of a range by a step. */
function moved(c: number[], [from, to]: readonly [number, number], step: number): number[] {
  for (let i = from; i < to; i++) c[i] = c[i]! + step
  return c
}

/** Small changes of a capacity: one kind up or down, all left or all pairs together, one exchanged for another. */
function* neighbours(c: readonly number[], hasBias: boolean): Generator<number[]> {
  const kinds = [...c.keys()].filter((i) => hasBias || i < 4 || i >= 8)
  for (const i of kinds) for (const step of [-1, 1, 2]) yield moved(c.slice(), [i, i + 1], step)
  for (const step of [-1, 1]) {
    yield moved(c.slice(), [0, 4], step)
    yield moved(c.slice(), [8, c.length], step)
    for (let s = 0; s < 4; s++) for (let j = 8; j < 11; j++) yield moved(moved(c.slice(), [s, s + 1], step), [j, j + 1], -step)
  }
}

/** The cheapest capacity that coordinate descent finds for the trees' counts, 16 trees a group. Any capacity is right; this one is fast. */
export function chooseCapacity(groups: Groups, costs: Costs): Capacity {
  const biased = costs.hasBias ? 1 : 0
  let best = [6, 6, 6, 6, biased, biased, biased, biased, 1, 1, 1]
  let cost = costOf(groups, best, { costs, limit: Infinity })
  for (let improved = true; improved;) {
    improved = false
    for (const next of neighbours(best, costs.hasBias)) {
      if (next.some((value) => value < 0)) continue
      const nextCost = costOf(groups, next, { costs, limit: cost })
      if (nextCost >= cost) continue
      improved = true
      best = next
      cost = nextCost
    }
  }
  return { left: best.slice(0, 4), right: best.slice(4, 8), pair: best.slice(8) }
}
