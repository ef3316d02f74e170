import { isCategorical, missing, missingOf, nodeFlag, zeroThreshold, type Ensemble } from '../ensemble.ts'
import { goesLeft, type Decisions } from '../interpret.ts'

/**
 * Columns of a prepared row, in which every node of an ensemble compares alike: left if column <= threshold. Each is one input as the nodes with the same missing values see it;
 * a categorical node has one of its own, which holds its decision.
 */
export type PreparedColumns = Decisions & { readonly feature: Int32Array }

/** The columns of an ensemble, and for each of its nodes which one it compares. */
export function prepareColumns(ensemble: Ensemble): { readonly columns: PreparedColumns; readonly columnOf: Int32Array } {
  const { feature, flags, threshold, categoryOffset, categoryWords } = ensemble
  const columnOf = new Int32Array(feature.length)
  const nodes: number[] = []
  const known = new Map<number, number>()
  feature.forEach((input, node) => {
    const key = input * 256 + flags[node]!
    const isOwn = isCategorical(ensemble, node)
    const column = isOwn ? undefined : known.get(key)
    columnOf[node] = column ?? nodes.length
    if (column !== undefined) return
    known.set(key, nodes.length)
    nodes.push(node)
  })
  const columns = {
    feature: Int32Array.from(nodes, (node) => feature[node]!),
    flags: Uint8Array.from(nodes, (node) => flags[node]!),
    threshold: Float64Array.from(nodes, (node) => threshold[node]!),
    categoryOffset,
    categoryWords,
  }
  return { columns, columnOf }
}

const side = (isLeft: boolean): number => (isLeft ? -Infinity : NaN)

/** An input as the numeric nodes with these flags compare it: its default side is decided by -Infinity, which is <= every threshold, or NaN, which is <= none. */
function numeric(flags: number, x: number): number {
  const type = missingOf(flags)
  const value = x !== x && type !== missing.nan ? 0 : x
  const isMissing = type === missing.zero ? Math.abs(value) <= zeroThreshold : value !== value
  return isMissing ? side((flags & nodeFlag.defaultLeft) !== 0) : value
}

/** Fills the columns from a row of inputs. Never allocates. */
export function prepareRow(columns: PreparedColumns, row: Float64Array, into: Float64Array): void {
  const { feature, flags } = columns
  for (let c = 0; c < feature.length; c++) {
    const x = row[feature[c]!]!
    into[c] = isCategorical(columns, c) ? side(goesLeft(columns, c, x)) : numeric(flags[c]!, x)
  }
}
