import { seenRow } from './intake.ts'
import { missing, missingOf, nodeFlag, zeroThreshold, type Ensemble } from './ensemble.ts'

/** What nodes decide by, apart from which input they look at. */
export type Decisions = Pick<Ensemble, 'flags' | 'threshold' | 'categoryOffset' | 'categoryWords'>

/** Whether a set holds x: bit trunc(x). It never holds NaN, negative numbers after truncation, and what is beyond its words. */
export function isInSet(ensemble: Decisions, set: number, x: number): boolean {
  const category = Math.trunc(x)
  if (!(category >= 0)) return false
  const first = ensemble.categoryOffset[set]!
  const words = ensemble.categoryOffset[set + 1]! - first
  if (category >= words * 32) return false
  return ((ensemble.categoryWords[first + (category >>> 5)]! >>> (category & 31)) & 1) === 1
}

/** The side that a node sends its input to: true = left. `node` counts over the whole ensemble. */
export function goesLeft(ensemble: Decisions, node: number, x: number): boolean {
  const flags = ensemble.flags[node]!
  const threshold = ensemble.threshold[node]!
  const isNaN = x !== x
  if ((flags & nodeFlag.categorical) !== 0) return isNaN ? (flags & nodeFlag.defaultLeft) !== 0 : isInSet(ensemble, threshold, x)
  const type = missingOf(flags)
  if (type === missing.nan && isNaN) return (flags & nodeFlag.defaultLeft) !== 0
  const value = isNaN ? 0 : x
  if (type === missing.zero && Math.abs(value) <= zeroThreshold) return (flags & nodeFlag.defaultLeft) !== 0
  return value <= threshold
}

/** The leaf of tree t that a row falls into, counted within the tree. The row's values are as the nodes see them: `seenRow`. */
export function leafOf(ensemble: Ensemble, t: number, row: Float64Array): number {
  const first = ensemble.nodeOffset[t]!
  if (ensemble.nodeOffset[t + 1] === first) return 0
  let node = 0
  do {
    const i = first + node
    node = goesLeft(ensemble, i, row[ensemble.feature[i]!]!) ? ensemble.left[i]! : ensemble.right[i]!
  } while (node >= 0)
  return ~node
}

function linearValue(ensemble: Ensemble, leaf: number, row: Float64Array): number {
  const linear = ensemble.linear!
  let sum = linear.constant[leaf]!
  for (let i = linear.termOffset[leaf]!; i < linear.termOffset[leaf + 1]!; i++) {
    const x = row[linear.feature[i]!]!
    if (x !== x) return ensemble.leafValue[leaf]!
    sum += linear.coefficient[i]! * (Math.abs(x) <= zeroThreshold ? 0 : x)
  }
  return sum
}

/**
 * The specification of the engine: raw scores of one row (`inputs` values as the nodes see them, NaN = missing) into out (`outputs` values). Sums start at `base` and
 * run in tree order; the values of the trees' leaves belong to the outputs in turn. Every other evaluator agrees with it bit for bit. Never allocates.
 */
export function interpretSeen(ensemble: Ensemble, seen: Float64Array, out: Float64Array): void {
  const { outputs, trees, leafOffset, leafWidth, leafValue, linear, base, roundSums } = ensemble
  for (let k = 0; k < outputs; k++) out[k] = base[k]!
  for (let t = 0, k = 0; t < trees; t++) {
    const leaf = leafOffset[t]! + leafOf(ensemble, t, seen)
    for (let i = leaf * leafWidth; i < (leaf + 1) * leafWidth; i++) {
      const sum = out[k]! + (linear?.isLinear[t] === 1 ? linearValue(ensemble, leaf, seen) : leafValue[i]!)
      out[k] = roundSums ? Math.fround(sum) : sum
      if (++k === outputs) k = 0
    }
  }
}

/** `interpretSeen` for a row as callers have it. */
export function interpretRaw(ensemble: Ensemble, row: Float64Array, out: Float64Array): void {
  interpretSeen(ensemble, seenRow(ensemble, row), out)
}
