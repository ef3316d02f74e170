import type { Ensemble } from '../ensemble.ts'

/** Tests of a block, and ways out of it. */
export const blockSize = { nodes: 15, exits: 16 } as const

/**
 * Four levels of a tree from one node down: the nodes below place i are at 2i + 1 (left) and 2i + 2. Where a leaf lies higher than the fourth level the places
 * below it are undefined, and all ways out below it lead to it. Exits from the left; >= 0 a node, that is the root of another block, < 0 the leaf ~exit. All tree-local.
 */
export type Block = { readonly root: number; readonly nodes: readonly (number | undefined)[]; readonly exits: readonly number[] }

function blockFrom({ left, right }: Ensemble, first: number, root: number): Block {
  const places = Array.from({ length: blockSize.nodes + blockSize.exits }, () => root)
  const nodes = places.slice(0, blockSize.nodes).map((_, place) => {
    const child = places[place]!
    places[2 * place + 1] = child < 0 ? child : left[first + child]!
    places[2 * place + 2] = child < 0 ? child : right[first + child]!
    return child < 0 ? undefined : child
  })
  return { root, nodes, exits: places.slice(blockSize.nodes) }
}

/** The blocks of tree t: the root's first, then those that most training rows came through, where that is known. */
export function blocksOf(ensemble: Ensemble, t: number): readonly Block[] {
  const { nodeOffset, cover } = ensemble
  const first = nodeOffset[t]!
  const blocks = [blockFrom(ensemble, first, nodeOffset[t + 1] === first ? ~0 : 0)]
  for (let b = 0; b < blocks.length; b++) for (const exit of blocks[b]!.exits) if (exit >= 0) blocks.push(blockFrom(ensemble, first, exit))
  if (cover === undefined) return blocks
  return [blocks[0]!, ...blocks.slice(1).sort((a, b) => cover.node[first + b.root]! - cover.node[first + a.root]!)]
}

/** The leaves of tree t in the same order. */
export function leafOrder({ leafOffset, cover }: Ensemble, t: number): readonly number[] {
  const first = leafOffset[t]!
  const leaves = Array.from({ length: leafOffset[t + 1]! - first }, (_, leaf) => leaf)
  return cover === undefined ? leaves : leaves.sort((a, b) => cover.leaf[first + b]! - cover.leaf[first + a]!)
}
