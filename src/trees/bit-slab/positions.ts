import { vectorBytes } from '../../wasm/sizes.ts'
import type { Capacity } from './capacity.ts'
import type { SlabShape } from './plan.ts'

/** Bytes of one tree's leaves of one value per block of 32. */
export const leafBlockBytes = 256
/** A position of a single slice: column indices, thresholds, mask. */
export const singleBytes = 3 * vectorBytes
/** A categorical position's masks, one vector per slice. */
export const categoricalBytes = 4 * vectorBytes

/** Where the parts of a pair position lie: indices at 0, thresholds, one mask per slice, then the bias where the shape has any. */
export function pairParts({ hasBias }: SlabShape): { threshold: number; mask: number; bias: number; bytes: number } {
  return { threshold: vectorBytes, mask: 2 * vectorBytes, bias: 4 * vectorBytes, bytes: (hasBias ? 5 : 4) * vectorBytes }
}

/** Where the parts of a wide position lie: one vector of indices per register pair at 0, thresholds, four masks, then the bias where the shape has any. */
export function wideParts({ registerPairs, hasBias }: SlabShape): { threshold: number; mask: number; bias: number; bytes: number } {
  const threshold = registerPairs * vectorBytes
  return { threshold, mask: threshold + vectorBytes, bias: threshold + 5 * vectorBytes, bytes: threshold + (hasBias ? 6 : 5) * vectorBytes }
}

/** Byte offsets of the first position of each kind and slice within the data of one group and block; wide positions come last, from `wide` on. */
export type BlockOffsets = { readonly left: readonly number[]; readonly right: readonly number[]; readonly pair: readonly number[]; readonly wide: number }

/** The order of positions in memory, for the one who writes them and the kernel that reads them. */
export function blockOffsets(shape: SlabShape, capacity: Capacity): BlockOffsets {
  let at = 0
  const take = (bytes: number): number => {
    const from = at
    at += bytes
    return from
  }
  const left = capacity.left.map((count) => take(count * singleBytes))
  const right = capacity.right.map((count) => take(count * singleBytes))
  const pair = capacity.pair.map((count) => take(count * pairParts(shape).bytes))
  return { left, right, pair, wide: at }
}
