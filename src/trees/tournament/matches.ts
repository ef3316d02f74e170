import type { FunctionBody } from '../../wasm/function-body.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { chainPart, groupPart, matchPart } from './layout.ts'

/** Local variables of the matches: `chain` is where the data is read, `winners` the leaves' numbers of the rows. */
export type MatchLocals = {
  readonly chain: number
  readonly leavesEnd: number
  readonly chainEnd: number
  readonly end: number
  readonly winner: number
  readonly column: number
  readonly challenger: number
  readonly threshold: number
  readonly leaf: number
  readonly winners: readonly number[]
}

/** Local variables for matches of so many vectors of rows. */
export function declareMatchLocals(body: FunctionBody, vectors: number): MatchLocals {
  const i32 = (): number => body.local('i32')
  return {
    chain: i32(),
    leavesEnd: i32(),
    chainEnd: i32(),
    end: i32(),
    winner: i32(),
    column: i32(),
    challenger: i32(),
    threshold: body.local('v128'),
    leaf: body.local('v128'),
    winners: Array.from({ length: vectors }, () => body.local('v128')),
  }
}

/** What matches depend on. `relaxed`: a relaxed instruction picks the winner; masks are all ones or none, where its answer is the same everywhere. */
export type MatchSource = { readonly scratch: number; readonly relaxed: boolean }

/** The match that begins a chain, between two leaves whose numbers follow each other. */
function firstMatch(body: FunctionBody, { chain, column, threshold, winners, leaf }: MatchLocals): void {
  body.get(chain).memory('i32.load', chainPart.column).set(column)
  body.get(chain).memory('v128.load8_splat', chainPart.threshold).set(threshold)
  body.get(chain).memory('v128.load8_splat', chainPart.first).set(leaf)
  winners.forEach((winner, i) =>
    body
      .get(leaf, column)
      .memory('v128.load', i * vectorBytes)
      .get(threshold)
      .op('i8x16.gt_s', 'i8x16.sub')
      .set(winner),
  )
}

/** A match of the winners so far against a leaf, or against another chain's winners. */
function furtherMatch(body: FunctionBody, locals: MatchLocals, { source, byLeaf }: { source: MatchSource; byLeaf: boolean }): void {
  const { chain, column, challenger, threshold, leaf, winners } = locals
  body.get(chain).memory('i32.load', matchPart.column).set(column)
  body.get(chain).memory('v128.load8_splat', matchPart.threshold).set(threshold)
  if (byLeaf) body.get(chain).memory('v128.load8_splat', matchPart.leaf).set(leaf)
  else body.get(chain).memory('i32.load16_u', matchPart.challenger).set(challenger)
  winners.forEach((winner, i) => {
    const at = i * vectorBytes
    if (byLeaf) body.get(leaf)
    else body.get(challenger).memory('v128.load', source.scratch + at)
    if (source.relaxed) body.get(winner)
    body.get(column).memory('v128.load', at).get(threshold).op('i8x16.gt_s')
    if (source.relaxed) body.op('i8x16.relaxed_laneselect')
    else body.op('v128.and').get(winner).op('i8x16.max_u')
    body.set(winner)
  })
}

/** Plays the matches of so many bytes from `chain` on, which it moves behind them. */
function furtherMatches(body: FunctionBody, locals: MatchLocals, { source, byLeaf }: { source: MatchSource; byLeaf: boolean }): void {
  const { chain } = locals
  const end = byLeaf ? locals.leavesEnd : locals.chainEnd
  body.block((outer) =>
    outer
      .get(chain, end)
      .op('i32.eq')
      .brIf(0)
      .loop((each) => {
        furtherMatch(each, locals, { source, byLeaf })
        each.get(chain).i32(matchPart.bytes).op('i32.add').tee(chain).get(end).op('i32.ne').brIf(0)
      }),
  )
}

/** Plays the matches of the group of trees at `group`. */
export function playGroup(body: FunctionBody, locals: MatchLocals, { source, group }: { source: MatchSource; group: number }): void {
  const { chain, end, winner, winners } = locals
  body.get(group).memory('i32.load', groupPart.chainsEnd).set(end)
  body.loop((each) => {
    each.get(chain).memory('i32.load', chainPart.winner).set(winner)
    firstMatch(each, locals)
    each.get(chain).memory('i32.load', chainPart.byLeaves).get(chain).i32(chainPart.bytes).op('i32.add', 'i32.add').tee(locals.leavesEnd)
    each.get(chain).memory('i32.load', chainPart.rest).op('i32.add').set(locals.chainEnd)
    each.get(chain).i32(chainPart.bytes).op('i32.add').set(chain)
    furtherMatches(each, locals, { source, byLeaf: true })
    furtherMatches(each, locals, { source, byLeaf: false })
    winners.forEach((value, i) => each.get(winner, value).memory('v128.store', source.scratch + i * vectorBytes))
    each.get(chain, end).op('i32.ne').brIf(0)
  })
}
