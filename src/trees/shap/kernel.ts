import { FunctionBody } from '../../wasm/function-body.ts'
import { encodeKernelModule } from '../kernel/encode-kernel-module.ts'
import { kernelNames } from '../kernel/kernel.ts'
import { descent } from './kernel-descent.ts'
import { ascent } from './kernel-ascent.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { type ExplanationLayout, type GroupLayout, nodeRecord, slotBytes, slotRecord, slotsPerStep } from './layout.ts'

/** What the parts of the kernel share: `node` and `slot` are the addresses of the decision at hand and of its left edge; points and complements hold t and 1 - t. */
export type WalkContext = {
  readonly body: FunctionBody
  readonly vectors: number
  readonly shut: number
  readonly node: number
  readonly slot: number
  readonly points: readonly number[]
  readonly complements: readonly number[]
}

function loadVectors(body: FunctionBody, locals: readonly number[], at: number): void {
  locals.forEach((local, v) =>
    body
      .i32(0)
      .memory('v128.load', at + v * vectorBytes)
      .set(local),
  )
}

/** The root's edge: nothing has decided yet, and every point counts by its weight. */
function enterRoot({ body, vectors }: WalkContext, { scratch, fresh }: ExplanationLayout, weights: number): void {
  body
    .i32(0)
    .i32(fresh)
    .memory('i32.store', scratch + slotRecord.state)
  for (let v = 0; v < vectors; v++)
    body
      .i32(0)
      .i32(0)
      .memory('v128.load', weights + v * vectorBytes)
      .memory('v128.store', scratch + slotRecord.sums + v * vectorBytes)
}

function makeContext({ vectors, shut }: GroupLayout): WalkContext {
  const body = new FunctionBody({ params: [], results: [] })
  const many = (): number[] => Array.from({ length: vectors }, () => body.local('v128'))
  return { body, vectors, shut, node: body.local('i32'), slot: body.local('i32'), points: many(), complements: many() }
}

/** Down through the decisions of one tree, parents first, and up again: what is written between the addresses in `first` and `end`. */
function walk(context: WalkContext, scratch: number, { first, end }: { readonly first: number; readonly end: number }): () => void {
  const { body, node, slot, vectors } = context
  const [down, up] = [descent(context), ascent(context)]
  const move = (step: 1 | -1): void => {
    for (const [local, bytes] of [[slot, slotsPerStep * slotBytes(vectors)] as const, [node, nodeRecord.bytes] as const])
      body
        .get(local)
        .i32(step * bytes)
        .op('i32.add')
        .set(local)
  }
  return () => {
    body
      .get(first)
      .set(node)
      .i32(scratch + slotBytes(vectors))
      .set(slot)
    body.loop(() => {
      down()
      move(1)
      body.get(node, end).op('i32.lt_u').brIf(0)
    })
    body.loop(() => {
      move(-1)
      up()
      body.get(first, node).op('i32.lt_u').brIf(0)
    })
  }
}

/** Explains by the trees of one group, one after the other. */
function groupFunction(layout: ExplanationLayout, group: GroupLayout): FunctionBody {
  const context = makeContext(group)
  const { body } = context
  const [first, end, length] = [body.local('i32'), body.local('i32'), body.local('i32')]
  const walkTree = walk(context, layout.scratch, { first, end })
  loadVectors(body, context.points, group.points)
  loadVectors(body, context.complements, group.complements)
  body.i32(group.nodes).set(first).i32(group.lengths).set(length)
  return body.loop((tree) => {
    enterRoot(context, layout, group.weights)
    tree.get(first, length).memory('i32.load').op('i32.add').set(end)
    walkTree()
    tree.get(end).set(first).get(length).i32(4).op('i32.add').tee(length)
    tree
      .i32(group.lengths + 4 * group.trees)
      .op('i32.lt_u')
      .brIf(0)
  })
}

/**
 * The kernel's module: exports run(), which reads the prepared columns from memory and adds every tree's contributions to the sums in memory, without a branch that depends on the row.
 *
 * Shapley values as integrals: with each feature present with probability t, a leaf of value v is reached with the product over the features of its path of z (1 - t) + o t,
 * z being the share of training rows that pass the feature's decisions and o whether this row does (1 or 0). A feature contributes the integral over t of (o - z) v times the product
 * without its own factor: the Shapley weights are the Beta integrals that this multiplies out to (Owen, "Multilinear extensions of games", 1972). The integrand is a polynomial, so Gauss-Legendre points give it exactly.
 *
 * On the way down each edge gets its product; on the way up each gets the sum below it, and there its feature contributes (o - z) / (z (1 - t) + o t) of that sum, less what an edge above
 * counts for the same feature. Once the row has left a feature's path, o = 0 and z cancels, so it is kept out of the state (`factor` 1): nothing is ever divided by a share, which may be 0.
 */
export function encodeExplanationKernel(layout: ExplanationLayout): Uint8Array<ArrayBuffer> {
  const run = new FunctionBody({ params: [], results: [] })
  layout.groups.forEach((_, g) => run.call(g))
  const groups = layout.groups.map((group) => ({ body: groupFunction(layout, group) }))
  return encodeKernelModule([...groups, { body: run, exportAs: kernelNames.run }], layout.bytes)
}
