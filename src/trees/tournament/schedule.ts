import { chainsOf, type Chain, type Match } from './chains.ts'
import { leafCount, type Ensemble } from '../ensemble.ts'
import { Group, type PlacedMatch, type Scheduled } from './group.ts'

/** All groups. Scratch blocks: one per leaf number, then one per tree of a group for its winners, then those of other chains. */
export type Schedule = { readonly groups: readonly Group[]; readonly groupTrees: number; readonly scratchBlocks: number; readonly leafNumber: Int32Array }

/** Trees of a group. More of them make longer runs of equal chains, but the winners of all should stay in the first-level cache. */
const groupSizes = [16, 8, 4, 2, 1] as const

/** 128 rows x 400 blocks are 50 KB. Trees of 256 leaves one by one always fit: 256 numbers, the tree's own winners and those of at most 127 chains that wait for their matches, as each began with two leaves. */
const maxScratchBlocks = 400

/** How many of a chain's matches are against leaves before the first against another chain. */
function leavesAtFirst({ matches }: Chain): number {
  const other = matches.findIndex(({ challenger }) => typeof challenger !== 'number')
  return other < 0 ? matches.length : other
}

function collect(chain: Chain, into: Chain[]): void {
  into.push(chain)
  for (const { challenger } of chain.matches) if (typeof challenger !== 'number') collect(challenger, into)
}

const isPlaced = (match: Match): match is PlacedMatch => typeof match.challenger === 'number'

type Sizes = { readonly leaves: number; readonly groupTrees: number }

/** Orders a group's chains: challengers before the challenged, chains of equal lengths together so that the branch predictor foresees their ends. */
function scheduleGroup(roots: readonly Chain[], { leaves, groupTrees }: Sizes): { chains: Scheduled[]; blocks: number } {
  const all: Chain[] = []
  for (const root of roots) collect(root, all)
  const order = all.map((chain) => ({ chain, byLeaves: leavesAtFirst(chain) }))
  order.sort((a, b) => a.chain.level - b.chain.level || a.byLeaves - b.byLeaves || a.chain.matches.length - b.chain.matches.length)
  const place = new Map(roots.map((root, lane) => [root, leaves + lane]))
  const free: number[] = []
  let blocks = leaves + groupTrees
  const chains = order.map(({ chain, byLeaves }) => {
    const matches = chain.matches.map((match) => (isPlaced(match) ? match : { ...match, challenger: place.get(match.challenger as Chain)! }))
    for (let i = byLeaves; i < matches.length; i++) if (typeof chain.matches[i]!.challenger !== 'number') free.push(matches[i]!.challenger)
    const winner = place.get(chain) ?? free.pop() ?? blocks++
    place.set(chain, winner)
    return { first: chain.first, byLeaves, matches, winner }
  })
  return { chains, blocks }
}

/** Groups of so many trees, or undefined if one needs too many blocks. */
function groupsOf(ensemble: Ensemble, leafNumber: Int32Array, sizes: Sizes): Omit<Schedule, 'leafNumber'> | undefined {
  const { outputs, leafWidth, trees } = ensemble
  const { groupTrees } = sizes
  const groups: Group[] = []
  let scratchBlocks = 0
  const turns = outputs / leafWidth
  for (let output = 0; output < turns; output++)
    for (let first = output; first < trees; first += groupTrees * turns) {
      const members = Array.from({ length: groupTrees }, (_, lane) => first + lane * turns).filter((t) => t < trees)
      const { chains, blocks } = scheduleGroup(
        members.map((t) => chainsOf(ensemble, t, leafNumber)),
        sizes,
      )
      if (blocks > maxScratchBlocks) return undefined
      groups.push(new Group(output, members, chains))
      scratchBlocks = Math.max(scratchBlocks, blocks)
    }
  return { groups, groupTrees, scratchBlocks }
}

/** The matches of an ensemble of at most 256 leaves a tree in the order in which the kernel plays them. */
export function scheduleOf(ensemble: Ensemble, leaves: number): Schedule {
  const leafNumber = new Int32Array(leafCount(ensemble))
  for (const groupTrees of groupSizes) {
    const groups = groupsOf(ensemble, leafNumber, { leaves, groupTrees })
    if (groups !== undefined) return { ...groups, leafNumber }
  }
  throw new RangeError(`trees of ${leaves} leaves have no schedule`)
}
