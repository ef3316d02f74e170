import type { WalkContext } from './kernel.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { nodeRecord, slotBytes, slotRecord, stateRecord } from './layout.ts'

/** An edge of a decision: its address, its state's, the sum at two points, the sum over all of them of what its feature is to be multiplied by. */
type EdgeLocals = { readonly edge: number; readonly state: number; readonly sum: number; readonly total: number }

type AscentLocals = { readonly left: EdgeLocals; readonly right: EdgeLocals; readonly into: EdgeLocals; readonly out: number }

function declareLocals({ body, slot }: WalkContext): AscentLocals {
  const edge = (at?: number): EdgeLocals => ({ edge: at ?? body.local('i32'), state: body.local('i32'), sum: body.local('v128'), total: body.local('v128') })
  return { left: edge(slot), right: edge(), into: edge(), out: body.local('i32') }
}

function locate({ body, node, slot, vectors }: WalkContext, { left, right, into }: AscentLocals): void {
  body.get(slot).i32(slotBytes(vectors)).op('i32.add').set(right.edge).get(node).memory('i32.load', nodeRecord.into).set(into.edge)
  for (const { edge, state } of [left, right]) body.get(edge).memory('i32.load', slotRecord.state).set(state)
  body.get(node).memory('i32.load', nodeRecord.before).memory('i32.load', slotRecord.state).set(into.state)
}

/** Two points: the sum of both edges goes to the edge into the decision. */
function sum({ body }: WalkContext, { left, right, into }: AscentLocals, v: number): void {
  const at = v * vectorBytes
  for (const child of [left, right])
    body
      .get(child.edge)
      .memory('v128.load', slotRecord.sums + at)
      .set(child.sum)
  body
    .get(into.edge, left.sum, right.sum)
    .op('f64x2.add')
    .tee(into.sum)
    .memory('v128.store', slotRecord.sums + at)
  for (const each of [left, right, into]) {
    body
      .get(each.sum, each.state)
      .memory('v128.load', stateRecord.inverse + at)
      .op('f64x2.mul')
    if (v > 0) body.get(each.total).op('f64x2.add')
    body.set(each.total)
  }
}

/** What the feature of an edge contributes: open - factor, times the sum over both points of the vector. */
function contribution({ body }: WalkContext, { state, total }: EdgeLocals): void {
  body.get(state).memory('f64.load', stateRecord.open).get(state).memory('f64.load', stateRecord.factor).op('f64.sub')
  body.get(total).extractF64Lane(0).get(total).extractF64Lane(1).op('f64.add', 'f64.mul')
}

/** What writes one decision on the way up, whenever it is called. */
export function ascent(context: WalkContext): () => void {
  const locals = declareLocals(context)
  const { body, node, vectors } = context
  const { left, right, into, out } = locals
  return () => {
    locate(context, locals)
    for (let v = 0; v < vectors; v++) sum(context, locals, v)
    body.get(node).memory('i32.load', nodeRecord.out).tee(out).get(out).memory('f64.load')
    contribution(context, left)
    contribution(context, right)
    body.op('f64.add')
    contribution(context, into)
    body.op('f64.sub', 'f64.add').memory('f64.store')
  }
}
