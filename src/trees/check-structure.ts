/** The children of one tree's nodes, tree-local as in Ensemble. */
export type TreeShape = { readonly left: readonly number[]; readonly right: readonly number[]; readonly leaves: number }

/**
 * undefined if every node and every leaf is reached exactly once from node 0, else what is wrong: a child out of range, one with two parents, a cycle, a part that the root does not reach.
 * Takes time and memory linear in the tree, whatever its children say.
 */
export function structureFault({ left, right, leaves }: TreeShape): string | undefined {
  const nodes = left.length
  const seenNode = new Uint8Array(nodes)
  const seenLeaf = new Uint8Array(leaves)
  const visit = (child: number, parent: number): string | undefined => {
    const seen = child < 0 ? seenLeaf : seenNode
    const index = child < 0 ? ~child : child
    const name = (): string => `${child < 0 ? 'leaf' : 'node'} ${index}`
    if (index >= seen.length) return `node ${parent} points to ${name()}, but there are ${seen.length}`
    if (seen[index] === 1) return `${name()} is reached twice, the second time from node ${parent}`
    seen[index] = 1
    if (child >= 0) waiting.push(child)
    return undefined
  }
  const waiting = [0]
  seenNode[0] = 1
  let reached = 0
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    reached++
    const fault = visit(left[node]!, node) ?? visit(right[node]!, node)
    if (fault !== undefined) return fault
  }
  return reached === nodes ? undefined : `${nodes - reached} of ${nodes} nodes are not reached from the root`
}
