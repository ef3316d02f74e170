/**
 * A column's thresholds made ready for the search: an even grid over their range, where a value's cell says how many thresholds are surely below it, and
 * the few of its own cell are searched in `steps` halvings. The grid is exact: values and thresholds find their cells by the same monotone arithmetic.
 */
export type Buckets = {
  readonly low: number
  readonly scale: number
  readonly top: number
  readonly steps: number
  /** Per cell: thresholds in the cells before it. */
  readonly before: Uint8Array
}

/** 2^52: added to a number from 0 to 2^31, it rounds it to a whole one and leaves that in the low bits. */
export const rounder = 2 ** 52

const fewestCells = 16
const mostCells = 1024

/** The cell of x, as the kernel computes it: the first if the product is no number, as 0 times infinity on a grid without width. */
function cellOf({ low, scale, top }: Pick<Buckets, 'low' | 'scale' | 'top'>, x: number): number {
  const at = (x - low) * scale
  return Math.min(at > 0 ? at : 0, top) + rounder - rounder
}

function gridOf(thresholds: Float64Array, cells: number): Buckets {
  const finite = thresholds.filter(Number.isFinite)
  const low = finite[0] ?? 0
  const top = cells - 1
  const grid = { low, scale: top / ((finite.at(-1) ?? 0) - low), top }
  const counts = new Int32Array(cells)
  for (const threshold of thresholds) counts[cellOf(grid, threshold)]! += 1
  const before = new Uint8Array(cells)
  for (let cell = 1; cell < cells; cell++) before[cell] = before[cell - 1]! + counts[cell - 1]!
  return { ...grid, before, steps: 32 - Math.clz32(Math.max(...counts)) }
}

/** The smallest grid after which another one would not save a step of the search. `thresholds` are sorted, 1 to 254. */
export function bucketsOf(thresholds: Float64Array): Buckets {
  let best = gridOf(thresholds, fewestCells)
  for (let cells = 2 * fewestCells; cells <= mostCells && best.steps > 1; cells *= 2) {
    const grid = gridOf(thresholds, cells)
    if (grid.steps < best.steps) best = grid
  }
  return best
}
