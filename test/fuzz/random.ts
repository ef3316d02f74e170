/** Whole numbers from 0 to below `below`, drawn one after another. */
export type Draw = (below: number) => number

/** The draws of a seed (mulberry32 by Tommy Ettinger): the same seed always gives the same ones. */
export function drawsOf(seed: number): Draw {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** One of a list that is not empty. */
export function oneOf<T>(draw: Draw, values: readonly T[]): T {
  return values[draw(values.length)]!
}
