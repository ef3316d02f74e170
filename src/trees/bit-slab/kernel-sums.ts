import type { FunctionBody } from '../../wasm/function-body.ts'
import { addRounded } from '../kernel/running-sums.ts'
import type { KernelContext } from './kernel-positions.ts'
import { lanes } from './plan.ts'

const lowBytes = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]
const lowPairs = [0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23]
const high = (lanesOf: readonly number[]): number[] => lanesOf.map((lane) => lane + 8)

/** Turns four slices of 16 trees into 16 words of 32 leaves, tree by tree, in the scratch memory of the block. */
export function storeSurvivors({ body, layout, locals }: KernelContext, block: number): void {
  const [a, b, c, d] = locals.slices as [number, number, number, number]
  const address = layout.scratch + block * 64
  // Interleave bytes of slices 0 and 1, of 2 and 3, then their 16-bit pairs; the two halves of the trees in turn, with the test's registers as room.
  const half = (bytes: readonly number[], at: number): void => {
    body.get(a, b).shuffle(bytes).set(locals.index).get(c, d).shuffle(bytes).set(locals.fails)
    body.i32(0).get(locals.index, locals.fails).shuffle(lowPairs).memory('v128.store', at)
    body
      .i32(0)
      .get(locals.index, locals.fails)
      .shuffle(high(lowPairs))
      .memory('v128.store', at + 16)
  }
  half(lowBytes, address)
  half(high(lowBytes), address + 32)
}

/** Pushes the byte offset of the leaf that a tree exits by: the lowest surviving bit of its lowest block with any. */
function pushLeafOffset({ body, layout, shape }: KernelContext, { lane, word, leafWidth }: { lane: number; word: number; leafWidth: number }): void {
  const load = (block: number): void => void body.i32(0).memory('i32.load', layout.scratch + block * 64 + lane * 4)
  const last = shape.blocks - 1
  load(last)
  body.op('i32.ctz')
  if (last > 0)
    body
      .i32(last * 32)
      .op('i32.add')
      .set(word + 1)
  for (let block = last - 1; block >= 0; block--) {
    load(block)
    body
      .tee(word)
      .op('i32.ctz')
      .i32(block * 32)
      .op('i32.add')
      .get(word + 1, word)
      .op('select')
      .set(word + 1)
  }
  if (last > 0) body.get(word + 1)
  body.i32(8 * leafWidth).op('i32.mul')
}

/** Roles of the local variables that sums need; `word` and the one after it are scratch. */
export type SumLocals = { readonly sum: number; readonly leaves: number; readonly values: number; readonly word: number; readonly output: number }

/** What sums depend on beside the layout. */
export type SumSource = { readonly outputs: number; readonly trees: number; readonly leafWidth: number; readonly roundSums: boolean }

/** Adds the 16 trees' leaves in tree order. A model of one output sums at once; others keep the value of each tree, or the address of its values, for `sumByOutput`. */
export function addLeaves(context: KernelContext, locals: SumLocals, { outputs, leafWidth, roundSums }: SumSource): void {
  const { body, layout } = context
  for (let lane = 0; lane < lanes; lane++) {
    body.get(outputs === 1 ? locals.sum : locals.values)
    pushLeafOffset(context, { lane, word: locals.word, leafWidth })
    body.get(locals.leaves).op('i32.add')
    if (leafWidth > 1) {
      body
        .i32(lane * layout.leafStride)
        .op('i32.add')
        .memory('i32.store', lane * 8)
      continue
    }
    body.memory('f64.load', lane * layout.leafStride)
    if (outputs === 1) addRounded(body, roundSums).set(locals.sum)
    else body.memory('f64.store', lane * 8)
  }
}

/** Sums for every output k, in tree order, the kept values of trees k, k + outputs, k + 2 outputs, ..., or the values k of all trees' leaves. */
export function sumByOutput({ body, layout }: KernelContext, locals: SumLocals, { outputs, trees, leafWidth, roundSums }: SumSource): void {
  const { sum, values, output } = locals
  const treesOfOutput = outputs / leafWidth
  const pushValue = (tree: FunctionBody): FunctionBody =>
    leafWidth > 1 ? tree.get(values).memory('i32.load').get(output).op('i32.add').memory('f64.load') : tree.get(values).memory('f64.load')
  body
    .i32(0)
    .set(output)
    .loop((each) => {
      each.get(output).memory('f64.load', layout.base).set(sum)
      if (leafWidth > 1) each.i32(layout.treeValues).set(values)
      else each.get(output).i32(layout.treeValues).op('i32.add').set(values)
      each.loop((tree) => {
        addRounded(pushValue(tree.get(sum)), roundSums).set(sum)
        tree
          .get(values)
          .i32(treesOfOutput * 8)
          .op('i32.add')
          .tee(values)
          .i32(layout.treeValues + trees * 8)
          .op('i32.lt_u')
          .brIf(0)
      })
      each.get(output, sum).memory('f64.store', layout.out)
      each
        .get(output)
        .i32(8)
        .op('i32.add')
        .tee(output)
        .i32(outputs * 8)
        .op('i32.lt_u')
        .brIf(0)
    })
}

/** A counted loop: `each` runs `count` (>= 1) times. */
export function repeat(body: FunctionBody, { counter, count }: { counter: number; count: number }, each: () => void): void {
  body
    .i32(count)
    .set(counter)
    .loop((again) => {
      each()
      again.get(counter).i32(1).op('i32.sub').tee(counter).brIf(0)
    })
}
