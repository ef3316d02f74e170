import type { Match } from './chains.ts'

/** A match whose challenger has a place: a block of the scratch that holds its number, or the winners of its chain. */
export type PlacedMatch = Pick<Match, 'node' | 'isLeft'> & { readonly challenger: number }

/** A chain with the blocks it reads and writes; its first leaf's number, and how many of its matches are against leaves before one is against another chain. */
export type Scheduled = { readonly first: number; readonly byLeaves: number; readonly matches: readonly PlacedMatch[]; readonly winner: number }

const chainNumbers = { first: 0, byLeaves: 1, winner: 2, matches: 3, count: 4 } as const
const matchNumbers = { node: 0, challenger: 1, count: 2 } as const

function packed(chains: readonly Scheduled[]): Int32Array {
  let length = chains.length * chainNumbers.count
  for (const { matches } of chains) length += matches.length * matchNumbers.count
  const numbers = new Int32Array(length)
  let at = 0
  for (const { first, byLeaves, matches, winner } of chains) {
    numbers[at + chainNumbers.first] = first
    numbers[at + chainNumbers.byLeaves] = byLeaves
    numbers[at + chainNumbers.winner] = winner
    numbers[at + chainNumbers.matches] = matches.length
    at += chainNumbers.count
    for (const { node, isLeft, challenger } of matches) {
      numbers[at + matchNumbers.node] = node
      numbers[at + matchNumbers.challenger] = challenger * 2 + (isLeft ? 1 : 0)
      at += matchNumbers.count
    }
  }
  return numbers
}

/** Trees of one output, or of all, in order, whose chains run together; `output` is the first. Kept as numbers: as objects the chains of a forest take more memory than the forest itself. */
export class Group {
  readonly output: number
  readonly trees: readonly number[]
  readonly #numbers: Int32Array

  constructor(output: number, trees: readonly number[], chains: readonly Scheduled[]) {
    this.output = output
    this.trees = trees
    this.#numbers = packed(chains)
  }

  /** Visits the chains in the order in which they are played, each with the number of its matches, and every match behind its chain. */
  visit({ chain, match }: { readonly chain?: (matches: number) => void; readonly match?: (node: number, isLeft: boolean) => void }): void {
    const numbers = this.#numbers
    for (let at = 0; at < numbers.length;) {
      const count = numbers[at + chainNumbers.matches]!
      chain?.(count)
      const from = at + chainNumbers.count
      at = from + count * matchNumbers.count
      if (match === undefined) continue
      for (let each = from; each < at; each += matchNumbers.count)
        match(numbers[each + matchNumbers.node]!, (numbers[each + matchNumbers.challenger]! & 1) === 1)
    }
  }

  /** The chains in the order in which they are played, made anew at each call. */
  chains(): Scheduled[] {
    const numbers = this.#numbers
    const chains: Scheduled[] = []
    for (let at = 0; at < numbers.length;) {
      const from = at + chainNumbers.count
      const to = from + numbers[at + chainNumbers.matches]! * matchNumbers.count
      const matches: PlacedMatch[] = []
      for (let each = from; each < to; each += matchNumbers.count) {
        const challenger = numbers[each + matchNumbers.challenger]!
        matches.push({ node: numbers[each + matchNumbers.node]!, isLeft: (challenger & 1) === 1, challenger: challenger >> 1 })
      }
      chains.push({
        first: numbers[at + chainNumbers.first]!,
        byLeaves: numbers[at + chainNumbers.byLeaves]!,
        matches,
        winner: numbers[at + chainNumbers.winner]!,
      })
      at = to
    }
    return chains
  }
}
