import { isCategorical, missingOf, type Ensemble } from './ensemble.ts'

/** Thresholds per byte column: ranks 0 to 254 and "missing" fill a byte. */
export const columnCapacity = 254

/** Sorted distinct thresholds of one feature and missing type. A feature with more than `columnCapacity` has several columns. */
export type Column = { readonly feature: number; readonly missing: number; readonly thresholds: Float64Array }

/**
 * Numeric splits as byte comparisons, exactly: with rank(x) = how many of a column's thresholds are < x, x <= thresholds[k] is rank(x) <= k.
 * Columns come most used first. Categorical nodes have column -1.
 */
export type Quantised = { readonly columns: readonly Column[]; readonly nodeColumn: Int32Array; readonly nodeRank: Uint8Array }

const keyOf = (ensemble: Ensemble, node: number): number => ensemble.feature[node]! * 4 + missingOf(ensemble.flags[node]!)

/** How many of the sorted values are < x. */
export function rankOf(sorted: Float64Array, x: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < x) low = middle + 1
    else high = middle
  }
  return low
}

function thresholdsByKey(ensemble: Ensemble): Map<number, Float64Array> {
  const lists = new Map<number, Set<number>>()
  for (let node = 0; node < ensemble.feature.length; node++) {
    if (isCategorical(ensemble, node)) continue
    const key = keyOf(ensemble, node)
    const list = lists.get(key) ?? new Set<number>()
    lists.set(key, list.add(ensemble.threshold[node]!))
  }
  return new Map([...lists].map(([key, values]) => [key, Float64Array.from(values).sort()]))
}

/** Quantises every numeric split. Loses nothing: see quantise.test.ts. */
export function quantise(ensemble: Ensemble): Quantised {
  const sorted = thresholdsByKey(ensemble)
  const firstColumn = new Map<number, number>()
  const columns: Column[] = []
  for (const [key, values] of sorted) {
    firstColumn.set(key, columns.length)
    for (let from = 0; from < values.length; from += columnCapacity)
      columns.push({ feature: key >> 2, missing: key & 3, thresholds: values.slice(from, from + columnCapacity) })
  }
  const uses = new Int32Array(columns.length)
  const nodeColumn = new Int32Array(ensemble.feature.length).fill(-1)
  const nodeRank = new Uint8Array(ensemble.feature.length)
  for (let node = 0; node < nodeColumn.length; node++) {
    if (isCategorical(ensemble, node)) continue
    const key = keyOf(ensemble, node)
    const rank = rankOf(sorted.get(key)!, ensemble.threshold[node]!)
    const column = firstColumn.get(key)! + Math.floor(rank / columnCapacity)
    nodeColumn[node] = column
    nodeRank[node] = rank % columnCapacity
    uses[column] = uses[column]! + 1
  }
  return mostUsedFirst({ columns, nodeColumn, nodeRank }, uses)
}

function mostUsedFirst({ columns, nodeColumn, nodeRank }: Quantised, uses: Int32Array): Quantised {
  const order = columns.map((_, column) => column).sort((a, b) => uses[b]! - uses[a]! || a - b)
  const place = new Int32Array(columns.length)
  order.forEach((column, at) => (place[column] = at))
  for (let node = 0; node < nodeColumn.length; node++) if (nodeColumn[node]! >= 0) nodeColumn[node] = place[nodeColumn[node]!]!
  return { columns: order.map((column) => columns[column]!), nodeColumn, nodeRank }
}
