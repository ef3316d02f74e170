import type { Ensemble } from '../ensemble.ts'

/** Places of a block: the tests of four levels, then the ways out below them. */
export const blockSize = { nodes: 15, exits: 16 } as const

/**
 * Four levels of a tree from one node down, the children below place i at 2i + 1 (left) and 2i + 2, each place a tree-local child: >= 0 a node, < 0 the leaf ~place.
 * A leaf fills all places below its own. The last 16 places are the ways out, from the left: a node there is the root of another block.
 */
export type Block = Int32Array

function blockFrom({ left, right }: Ensemble, first: number, root: number): Block {
  const places = new Int32Array(blockSize.nodes + blockSize.exits)
  places[0] = root
  for (let place = 0; place < blockSize.nodes; place++) {
    const child = places[place]!
    places[2 * place + 1] = child < 0 ? child : left[first + child]!
    places[2 * place + 2] = child < 0 ? child : right[first + child]!
  }
  return places
}

/** The blocks of tree t: the root's first, then those that most training rows came through, where that is known. */
export function blocksOf(ensemble: Ensemble, t: number): readonly Block[] {
  const { nodeOffset, cover } = ensemble
  const first = nodeOffset[t]!
  const blocks = [blockFrom(ensemble, first, nodeOffset[t + 1] === first ? ~0 : 0)]
  for (let b = 0; b < blocks.length; b++)
    for (let exit = blockSize.nodes; exit < blockSize.nodes + blockSize.exits; exit++)
      if (blocks[b]![exit]! >= 0) blocks.push(blockFrom(ensemble, first, blocks[b]![exit]!))
  if (cover === undefined) return blocks
  return [blocks[0]!, ...blocks.slice(1).sort((a, b) => cover.node[first + b[0]!]! - cover.node[first + a[0]!]!)]
}

/** The leaves of tree t in the same order. */
export function leafOrder({ leafOffset, cover }: Ensemble, t: number): readonly number[] {
  const first = leafOffset[t]!
  const leaves = Array.from({ length: leafOffset[t + 1]! - first }, (_, leaf) => leaf)
  return cover === undefined ? leaves : leaves.sort((a, b) => cover.leaf[first + b]! - cover.leaf[first + a]!)
}
