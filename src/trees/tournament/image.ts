import { isCategorical, nodeFlag, type Ensemble } from '../ensemble.ts'
import { isInSet } from '../interpret.ts'
import {
  chainPart,
  decisionBytes,
  decisionPart,
  decisionsOf,
  descriptor,
  featurePart,
  groupPart,
  matchPart,
  viewPart,
  type TournamentLayout,
} from './layout.ts'
import { blockRows } from './block.ts'
import { rounder } from './buckets.ts'
import { chunkCodes, chunksOf, firstCategory, viewKey, viewOf, type TournamentPlan } from './plan.ts'
import type { Group, PlacedMatch, Scheduled } from './group.ts'

/** An ensemble with its plan and layout. */
export type Model = { readonly ensemble: Ensemble; readonly plan: TournamentPlan; readonly layout: TournamentLayout }

type Memory = { readonly bytes: Uint8Array<ArrayBuffer>; readonly words: DataView }
type Writing = Model & { readonly memory: Memory }

const setWord = ({ words }: Memory, at: number, value: number): void => words.setUint32(at, value, true)

function writeViews({ plan, layout, memory }: Writing): void {
  plan.views.forEach(({ isLeft, missingRight }, index) => {
    const at = layout.views + index * viewPart.bytes
    setWord(memory, at + viewPart.target, layout.columns + index * blockRows)
    memory.bytes[at + viewPart.less] = missingRight ? 1 : 0
    memory.bytes[at + viewPart.flip] = isLeft ? 0x7f : 0x80
  })
}

function writeColumns({ plan, layout, memory }: Writing): void {
  const pairAt = (at: number): Float64Array => new Float64Array(memory.bytes.buffer, at, 2)
  plan.searches
    .flatMap(({ columns }) => columns)
    .forEach((column, place) => {
      const { feature, thresholds } = plan.quantised.columns[column]!
      const { low, scale, top, before, steps } = plan.buckets[column]!
      const table = layout.tables[column]!
      const at = layout.descriptors + place * descriptor.bytes
      new Float64Array(memory.bytes.buffer, table.thresholds, thresholds.length + 2 ** steps).fill(Infinity).set(thresholds)
      memory.bytes.set(
        before.map((count) => count + 1),
        table.cells,
      )
      setWord(memory, at + descriptor.table, table.thresholds - 8)
      setWord(memory, at + descriptor.value, layout.rows + feature * 8)
      const mine = plan.views.flatMap((view, index) => (view.column === column ? [index] : []))
      setWord(memory, at + descriptor.viewsFrom, layout.views + (mine[0] ?? 0) * viewPart.bytes)
      setWord(memory, at + descriptor.viewsTo, layout.views + (mine.length === 0 ? 0 : mine.at(-1)! + 1) * viewPart.bytes)
      pairAt(at + descriptor.low).fill(low)
      pairAt(at + descriptor.scale).fill(scale)
      pairAt(at + descriptor.top).fill(top)
      pairAt(at + descriptor.base).fill(rounder + table.cells)
    })
}

function writeFeatures({ plan, layout, memory }: Writing): void {
  plan.categorical.forEach(({ feature, chunks }, index) => {
    const at = layout.features + index * featurePart.bytes
    const vectors = layout.featureVectors[index]!
    setWord(memory, at + featurePart.value, layout.rows + feature * 8)
    setWord(memory, at + featurePart.bits, vectors.bits)
    setWord(memory, at + featurePart.indices, vectors.indices)
    setWord(memory, at + featurePart.indicesEnd, vectors.indices + chunks * blockRows)
    setWord(memory, at + featurePart.categories, chunks * chunkCodes - firstCategory)
  })
}

/** The bits of a set over codes: unknown categories are in none, NaN where the node's default side says so. */
function writeSet({ ensemble, memory }: Writing, node: number, at: number): void {
  const set = ensemble.threshold[node]!
  const put = (code: number): void => void (memory.bytes[at + (code >> 3)]! |= 1 << (code & 7))
  if ((ensemble.flags[node]! & nodeFlag.defaultLeft) !== 0) put(1)
  for (let code = firstCategory; code < chunksOf(ensemble, node) * chunkCodes; code++) if (isInSet(ensemble, set, code - firstCategory)) put(code)
}

function writeDecisions(writing: Writing, group: Group, from: number): number {
  const { ensemble, plan, layout, memory } = writing
  let at = from
  decisionsOf(ensemble, group).forEach(({ node, isLeft }, index) => {
    const vectors = layout.featureVectors[plan.categorical.findIndex(({ feature }) => feature === ensemble.feature[node])]!
    const end = at + decisionBytes(ensemble, node)
    setWord(memory, at + decisionPart.indices, vectors.indices)
    setWord(memory, at + decisionPart.bits, vectors.bits)
    setWord(memory, at + decisionPart.target, layout.decisionColumns + index * blockRows)
    setWord(memory, at + decisionPart.end, end)
    memory.bytes[at + decisionPart.flip] = isLeft ? 0 : 255
    writeSet(writing, node, at + decisionPart.bytes)
    at = end
  })
  return at
}

/** No byte exceeds it: in a tree of one leaf the challenger never wins. */
const unbeatable = 0x7f

/** Writes chains one after the other; categorical matches read the group's decisions in turn. */
class ChainWriter {
  at: number
  readonly #writing: Writing
  readonly #viewIndex: ReadonlyMap<number, number>
  #decision = 0
  constructor(writing: Writing) {
    this.#writing = writing
    this.at = writing.layout.chains
    this.#viewIndex = new Map(writing.plan.views.map((view, index) => [viewKey(view), index]))
  }
  writeGroup(group: Group): void {
    this.#decision = 0
    for (const chain of group.chains()) this.#writeChain(chain)
  }
  #writeChain({ first, byLeaves, matches, winner }: Scheduled): void {
    const { memory, layout } = this.#writing
    const at = this.at
    const further = Math.max(matches.length - 1, 0)
    const furtherByLeaves = Math.max(byLeaves - 1, 0)
    const test = matches[0] === undefined ? { column: layout.columns, threshold: unbeatable } : this.#test(matches[0])
    setWord(memory, at + chainPart.byLeaves, furtherByLeaves * matchPart.bytes)
    setWord(memory, at + chainPart.rest, (further - furtherByLeaves) * matchPart.bytes)
    setWord(memory, at + chainPart.winner, winner * blockRows)
    setWord(memory, at + chainPart.column, test.column)
    memory.bytes[at + chainPart.threshold] = test.threshold
    memory.bytes[at + chainPart.first] = first
    this.at += chainPart.bytes
    for (let i = 1; i < matches.length; i++) this.#writeMatch(matches[i]!)
  }
  #writeMatch(match: PlacedMatch): void {
    const { memory } = this.#writing
    const test = this.#test(match)
    setWord(memory, this.at + matchPart.column, test.column)
    memory.words.setUint16(this.at + matchPart.challenger, match.challenger * blockRows, true)
    memory.bytes[this.at + matchPart.threshold] = test.threshold
    memory.bytes[this.at + matchPart.leaf] = match.challenger
    this.at += matchPart.bytes
  }
  /** What a match compares: the address of its bytes, and the signed byte that they must exceed for the challenger to win. */
  #test({ node, isLeft }: PlacedMatch): { column: number; threshold: number } {
    const { ensemble, plan, layout } = this.#writing
    if (isCategorical(ensemble, node)) return { column: layout.decisionColumns + this.#decision++ * blockRows, threshold: 0xff }
    const view = viewOf(ensemble, plan.quantised, { node, isLeft })
    const last = plan.quantised.nodeRank[node]! + (view.missingRight ? 0 : 1)
    return { column: layout.columns + this.#viewIndex.get(viewKey(view))! * blockRows, threshold: (isLeft ? 254 - last : last) ^ 0x80 }
  }
}

function writeGroups(writing: Writing): void {
  const { plan, layout, memory } = writing
  const chains = new ChainWriter(writing)
  let decisions = layout.decisions
  plan.schedule.groups.forEach((group, index) => {
    decisions = writeDecisions(writing, group, decisions)
    chains.writeGroup(group)
    const at = layout.groups + index * groupPart.bytes
    setWord(memory, at + groupPart.decisionsEnd, decisions)
    setWord(memory, at + groupPart.chainsEnd, chains.at)
    setWord(memory, at + groupPart.output, group.output * 8)
  })
}

/** Of each group its trees' first values, then the second ones, and so on. Places of trees that are not there hold -0 throughout, which changes no bit of any sum. */
function writeLeaves({ ensemble, plan, layout, memory }: Writing): void {
  const stride = layout.leafStride / 8
  const { groups, groupTrees, leafNumber } = plan.schedule
  const { leafOffset, leafWidth, leafValue } = ensemble
  const values = new Float64Array(memory.bytes.buffer, layout.leaves, groups.length * leafWidth * groupTrees * stride).fill(-0)
  groups.forEach(({ trees }, index) =>
    trees.forEach((t, lane) => {
      for (let k = 0; k < leafWidth; k++) {
        const from = ((index * leafWidth + k) * groupTrees + lane) * stride
        for (let leaf = leafOffset[t]!; leaf < leafOffset[t + 1]!; leaf++) values[from + leafNumber[leaf]!] = leafValue[leaf * leafWidth + k]!
      }
    }),
  )
}

/** The initial contents of the kernel's memory. */
export function buildTournamentImage(model: Model): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(model.layout.bytes)
  const writing: Writing = { ...model, memory: { bytes, words: new DataView(bytes.buffer) } }
  writeViews(writing)
  writeColumns(writing)
  writeFeatures(writing)
  writeGroups(writing)
  writeLeaves(writing)
  for (let leaf = 0; leaf < model.plan.leaves; leaf++) bytes.fill(leaf, model.layout.scratch + leaf * blockRows, model.layout.scratch + (leaf + 1) * blockRows)
  return bytes
}
