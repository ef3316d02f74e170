import type { Ensemble } from './ensemble.ts'

type Stretches = { readonly offset: Int32Array; readonly times: number }

/** The stretch of every tree so many times in a row. */
function repeated<T extends Float64Array | Int32Array | Uint8Array>(array: new (length: number) => T, list: T, { offset, times }: Stretches): T {
  const all = new array(list.length * times)
  for (let t = 0; t + 1 < offset.length; t++) {
    const own = list.subarray(offset[t], offset[t + 1])
    for (let k = 0; k < times; k++) all.set(own, offset[t]! * times + k * own.length)
  }
  return all
}

function repeatedOffset(offset: Int32Array, times: number): Int32Array {
  const all = new Int32Array((offset.length - 1) * times + 1)
  for (let i = 1; i < all.length; i++) {
    const t = Math.floor((i - 1) / times)
    all[i] = all[i - 1]! + offset[t + 1]! - offset[t]!
  }
  return all
}

/** An ensemble that gives the same scores with a tree of its own for every value of a leaf: where outputs share trees it is that many times as large. */
export function singleValued(ensemble: Ensemble): Ensemble {
  const { trees, leafWidth, nodeOffset, leafOffset, leafValue, cover } = ensemble
  if (leafWidth === 1) return ensemble
  const [ofNodes, ofLeaves] = [
    { offset: nodeOffset, times: leafWidth },
    { offset: leafOffset, times: leafWidth },
  ]
  const values = new Float64Array(leafValue.length)
  for (let t = 0, at = 0; t < trees; t++)
    for (let k = 0; k < leafWidth; k++) for (let leaf = leafOffset[t]!; leaf < leafOffset[t + 1]!; leaf++) values[at++] = leafValue[leaf * leafWidth + k]!
  return {
    ...ensemble,
    trees: trees * leafWidth,
    nodeOffset: repeatedOffset(nodeOffset, leafWidth),
    leafOffset: repeatedOffset(leafOffset, leafWidth),
    feature: repeated(Int32Array, ensemble.feature, ofNodes),
    threshold: repeated(Float64Array, ensemble.threshold, ofNodes),
    flags: repeated(Uint8Array, ensemble.flags, ofNodes),
    left: repeated(Int32Array, ensemble.left, ofNodes),
    right: repeated(Int32Array, ensemble.right, ofNodes),
    leafWidth: 1,
    leafValue: values,
    cover: cover && { node: repeated(Float64Array, cover.node, ofNodes), leaf: repeated(Float64Array, cover.leaf, ofLeaves) },
  }
}
