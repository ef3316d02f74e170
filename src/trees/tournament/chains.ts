import type { Ensemble } from '../ensemble.ts'

/** One node as a match: the winner so far against a challenger from the node's other side, a leaf's number or the winner of another chain. */
export type Match = {
  /** Counts over the whole ensemble. */
  readonly node: number
  /** The challenger stands on the left: it wins where x <= threshold. */
  readonly isLeft: boolean
  readonly challenger: number | Chain
}

/**
 * A path of nodes from a leaf upwards, every match's winner going on to the next. Its level is one above the highest of its challengers', 0 if all of them are leaves
 * (Strahler's stream order less one): few levels, so chains of one level can run in any order.
 */
export type Chain = { readonly first: number; readonly matches: readonly Match[]; readonly level: number }

type Growing = { first: number; readonly matches: { node: number; isLeft: boolean; challenger: number | Growing }[]; level: number }
type Side = { readonly leaf: number } | Growing

function meet(node: number, left: Side, right: Side): Growing {
  if ('leaf' in left) {
    if ('leaf' in right) return { first: left.leaf, matches: [{ node, isLeft: false, challenger: right.leaf }], level: 0 }
    right.matches.push({ node, isLeft: true, challenger: left.leaf })
    return right
  }
  if ('leaf' in right || left.level >= right.level) {
    left.matches.push({ node, isLeft: false, challenger: 'leaf' in right ? right.leaf : right })
    if (!('leaf' in right) && right.level === left.level) left.level += 1
    return left
  }
  right.matches.push({ node, isLeft: true, challenger: left })
  return right
}

/** Numbers leaves so that every challenger's number is above those of the winners before it: the larger number wins by a plain maximum. */
function number(chain: Growing, from: number, place: (leaf: number, number: number) => void): number {
  let next = from
  place(chain.first, next)
  chain.first = next++
  for (const match of chain.matches) {
    if (typeof match.challenger !== 'number') next = number(match.challenger, next, place)
    else {
      place(match.challenger, next)
      match.challenger = next++
    }
  }
  return next
}

/** The chain that ends at the root of tree t; leaves are given by new numbers, which `leafNumber` gets for the leaves of the ensemble. Recursive over a tree's depth. */
export function chainsOf(ensemble: Ensemble, t: number, leafNumber: Int32Array): Chain {
  const firstNode = ensemble.nodeOffset[t]!
  const firstLeaf = ensemble.leafOffset[t]!
  const sideOf = (child: number): Side =>
    child < 0 ? { leaf: ~child } : meet(firstNode + child, sideOf(ensemble.left[firstNode + child]!), sideOf(ensemble.right[firstNode + child]!))
  const root = sideOf(ensemble.nodeOffset[t + 1] === firstNode ? ~0 : 0)
  const chain = 'leaf' in root ? { first: root.leaf, matches: [], level: 0 } : root
  number(chain, 0, (leaf, place) => void (leafNumber[firstLeaf + leaf] = place))
  return chain
}
