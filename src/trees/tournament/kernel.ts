import { FunctionBody } from '../../wasm/function-body.ts'
import { encodeKernelModule } from '../kernel/encode-kernel-module.ts'
import { forEachAddress } from '../kernel/for-each-address.ts'
import { binningFunction } from './binning.ts'
import { blockRows, blockVectors, runName } from './block.ts'
import { codesFunction, decide, type DecisionLocals } from './categories.ts'
import { descriptor, featurePart, groupPart, type TournamentLayout } from './layout.ts'
import { declareMatchLocals, playGroup, type MatchLocals } from './matches.ts'
import type { TournamentPlan } from './plan.ts'
import { sumFunction } from './sums.ts'

/** What the kernel is generated from: the model's sizes and arithmetic, never its trees. */
export type TournamentSource = {
  readonly plan: TournamentPlan
  readonly layout: TournamentLayout
  readonly inputs: number
  readonly outputs: number
  readonly leafWidth: number
  readonly roundSums: boolean
  /** Relaxed vector instructions: the same answers, as masks are all ones or none and indices 0-15 or >= 128. */
  readonly relaxed: boolean
}

/** The module's functions: one per kind of columns, then these, then one per number of vectors. */
const functionsBehindSearches = { codes: 0, sums: 1 } as const

function callBinning(body: FunctionBody, { plan, layout }: TournamentSource): void {
  let from = layout.descriptors
  plan.searches.forEach(({ columns }, index) => {
    const to = from + columns.length * descriptor.bytes
    body.i32(from).i32(to).get(0).call(index)
    from = to
  })
  const features = plan.categorical.length
  if (features === 0) return
  body
    .i32(layout.features)
    .i32(layout.features + features * featurePart.bytes)
    .get(0)
    .call(plan.searches.length + functionsBehindSearches.codes)
}

type RunLocals = { readonly group: number; readonly leaves: number; readonly output: number; readonly matches: MatchLocals; readonly decisions: DecisionLocals }

function declareLocals(body: FunctionBody, vectors: number): RunLocals {
  const i32 = (): number => body.local('i32')
  const matches = declareMatchLocals(body, vectors)
  const decisions = { decision: i32(), chunk: i32(), indices: i32(), set: body.local('v128'), bits: body.local('v128'), found: matches.winners }
  return { group: i32(), leaves: i32(), output: i32(), matches, decisions }
}

/** Adds the values of the leaves that won to the rows' sums: those of the group's output, or of every output. Moves `leaves` behind them. */
function addWinners(body: FunctionBody, { group, leaves, output }: RunLocals, { plan, layout, leafWidth }: TournamentSource): void {
  const sums = plan.searches.length + functionsBehindSearches.sums
  const add = (): void => {
    body.i32(0).get(0, group).memory('i32.load', groupPart.output).get(output).op('i32.add').get(leaves).call(sums)
    body
      .get(leaves)
      .i32(plan.schedule.groupTrees * layout.leafStride)
      .op('i32.add')
      .set(leaves)
  }
  forEachAddress(body, { cursor: output, from: 0, to: leafWidth * 8, step: 8 }, add)
}

/** Scores the rows by the group of trees at `group` and moves on to the next. */
function runGroup(body: FunctionBody, locals: RunLocals, source: TournamentSource): void {
  const { group, matches, decisions } = locals
  const { plan, layout, relaxed } = source
  if (plan.categorical.length > 0) {
    body.get(group).memory('i32.load', groupPart.decisionsEnd).set(matches.end)
    decide(body, decisions, { end: matches.end, swizzle: relaxed ? 'i8x16.relaxed_swizzle' : 'i8x16.swizzle' })
  }
  playGroup(body, matches, { source: { scratch: layout.scratch, relaxed }, group })
  addWinners(body, locals, source)
  body.get(group).i32(groupPart.bytes).op('i32.add').set(group)
}

/** The function (rows, end) that scores a block's first rows, at most 16 for every vector, by the groups up to the one at `end`; `out` holds the first addends when it is called. */
function runFunction(source: TournamentSource, vectors: number): FunctionBody {
  const { layout } = source
  const body = new FunctionBody({ params: ['i32', 'i32'], results: [] })
  const locals = declareLocals(body, vectors)
  const { group, leaves, matches, decisions } = locals
  callBinning(body, source)
  body.i32(layout.groups).set(group).i32(layout.chains).set(matches.chain).i32(layout.leaves).set(leaves).i32(layout.decisions).set(decisions.decision)
  return body.loop((each) => {
    runGroup(each, locals, source)
    each.get(group, 1).op('i32.ne').brIf(0)
  })
}

/** The kernel's module: a function per number of vectors. None has a branch that depends on the rows' values. */
export function encodeTournamentKernel(source: TournamentSource): Uint8Array<ArrayBuffer> {
  const { plan, layout, outputs } = source
  const binning = { ...source, temporary: layout.temporary }
  const sums = { ...source, ...layout, winners: layout.scratch + plan.leaves * blockRows, groupTrees: plan.schedule.groupTrees, outputs }
  const runs = Array.from({ length: blockVectors }, (_, i) => ({ body: runFunction(source, i + 1), exportAs: runName(i + 1) }))
  const searches = plan.searches.map((search) => ({ body: binningFunction(binning, search) }))
  return encodeKernelModule([...searches, { body: codesFunction(binning) }, { body: sumFunction(sums) }, ...runs], layout.bytes)
}
