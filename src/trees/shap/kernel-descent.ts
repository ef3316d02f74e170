import type { FunctionBody } from '../../wasm/function-body.ts'
import type { WalkContext } from './kernel.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { nodeRecord, slotBytes, slotRecord, stateRecord } from './layout.ts'

const sideBytes = nodeRecord.right - nodeRecord.left

const names = {
  i32: ['right', 'taken', 'other', 'near', 'far', 'into', 'above', 'kept'],
  f64: ['factor', 'open', 'product'],
  v128: ['reached', 'passing', 'passingOpen', 'blocking', 'own', 'ownOpen'],
} as const

/**
 * Local variables. Addresses: the edges that the row takes and does not take, their sides of the decision's record, the edge into the decision, the state of the edge above on which its feature decided, the state
 * to keep. Vectors: the product so far without the feature; what it is multiplied by, as coefficients of 1 - t and t, on either edge; the coefficients of the taken edge's own factor.
 */
type DescentLocals = Readonly<Record<(typeof names)['i32' | 'f64' | 'v128'][number], number>>

function declareLocals(body: FunctionBody): DescentLocals {
  const entries = (['i32', 'f64', 'v128'] as const).flatMap((type) => names[type].map((name) => [name, body.local(type)] as const))
  return Object.fromEntries(entries) as DescentLocals
}

/** Which way the row goes, and the addresses that follow from it: by arithmetic, for a branch would be mispredicted at every other decision. */
function decide({ body, node, slot, vectors }: WalkContext, { right, taken, other, near, far, into, above, kept }: DescentLocals): void {
  const edge = slotBytes(vectors)
  body.get(node).memory('i32.load', nodeRecord.column).memory('f64.load').get(node).memory('f64.load', nodeRecord.threshold).op('f64.le', 'i32.eqz').set(right)
  body.get(slot, right).i32(edge).op('i32.mul').tee(taken).op('i32.add').get(slot).i32(edge).op('i32.add').get(taken).op('i32.sub').set(other).set(taken)
  body.get(node, right).i32(sideBytes).op('i32.mul', 'i32.add').tee(near).i32(sideBytes).op('i32.xor').set(far)
  body.get(node).memory('i32.load', nodeRecord.into).set(into)
  body.get(node).memory('i32.load', nodeRecord.before).memory('i32.load', slotRecord.state).set(above)
  body
    .get(slot)
    .i32(2 * edge)
    .op('i32.add')
    .set(kept)
}

/** The taken edge is open if the row has taken all edges of its feature so far, and its factor then the share of rows that did; the other edge is shut. */
function keepStates({ body, shut }: WalkContext, { taken, other, near, above, kept, factor, open, product }: DescentLocals): void {
  body.get(above).memory('f64.load', stateRecord.factor).set(factor).get(above).memory('f64.load', stateRecord.open).set(open)
  body.get(taken, kept).memory('i32.store', slotRecord.state).get(other).i32(shut).memory('i32.store', slotRecord.state)
  body
    .get(near)
    .memory('f64.load', nodeRecord.left + nodeRecord.share)
    .get(factor)
    .op('f64.mul')
    .set(product)
  body.get(kept, product).f64(1).get(open).f64(0).op('f64.ne', 'select').memory('f64.store', stateRecord.factor)
  body.get(kept, open).memory('f64.store', stateRecord.open)
}

function spreadCoefficients({ body }: WalkContext, locals: DescentLocals): void {
  const { near, far, kept, factor, open, product, passing, passingOpen, blocking, own, ownOpen } = locals
  const ofSide = (side: number, field: 'share' | 'value'): FunctionBody => body.get(side).memory('f64.load', nodeRecord.left + nodeRecord[field])
  ofSide(near, 'value').get(product).op('f64.mul', 'f64x2.splat').set(passing)
  ofSide(near, 'value').get(open).op('f64.mul', 'f64x2.splat').set(passingOpen)
  ofSide(far, 'share').get(factor).op('f64.mul')
  ofSide(far, 'value').op('f64.mul', 'f64x2.splat').set(blocking)
  body.get(kept).memory('f64.load', stateRecord.factor).op('f64x2.splat').set(own).get(open).op('f64x2.splat').set(ownOpen)
}

/** Two points: the products on both edges (at a leaf its value times them), and what 1 / (the taken edge's own factor) is. */
function multiply({ body, points, complements }: WalkContext, locals: DescentLocals, v: number): void {
  const { into, above, taken, other, kept, reached, passing, passingOpen, blocking, own, ownOpen } = locals
  const [t, rest] = [points[v]!, complements[v]!]
  const at = v * vectorBytes
  const both = (ofRest: number, ofPoint: number): FunctionBody => body.get(ofRest, rest).op('f64x2.mul').get(ofPoint, t).op('f64x2.mul', 'f64x2.add')
  body
    .get(into)
    .memory('v128.load', slotRecord.sums + at)
    .get(above)
  body
    .memory('v128.load', stateRecord.inverse + at)
    .op('f64x2.mul')
    .set(reached)
  body.get(taken, reached)
  both(passing, passingOpen).op('f64x2.mul')
  body.memory('v128.store', slotRecord.sums + at)
  body.get(other, reached, blocking, rest).op('f64x2.mul', 'f64x2.mul')
  body.memory('v128.store', slotRecord.sums + at)
  body.get(kept).f64(1).op('f64x2.splat')
  both(own, ownOpen).op('f64x2.div')
  body.memory('v128.store', stateRecord.inverse + at)
}

/** What writes one decision on the way down, whenever it is called. */
export function descent(context: WalkContext): () => void {
  const locals = declareLocals(context.body)
  return () => {
    decide(context, locals)
    keepStates(context, locals)
    spreadCoefficients(context, locals)
    for (let v = 0; v < context.vectors; v++) multiply(context, locals, v)
  }
}
