import { FunctionBody } from '../../wasm/function-body.ts'
import { encodeKernelModule } from '../kernel/encode-kernel-module.ts'
import { stagedFunctions } from '../kernel/staged-functions.ts'
import { forEachAddress } from '../kernel/for-each-address.ts'
import { resetSums, RunningSums, type SumSource } from '../kernel/running-sums.ts'
import { categoryBytes, lanes, nodeBytes, numericBytes, type WideLayout } from './layout.ts'
import { nanWord, type Slots } from './slots.ts'

/** What the kernel is generated from. */
export type WideSource = {
  readonly slots: Slots
  readonly layout: WideLayout
  readonly trees: number
  readonly outputs: number
  readonly leafWidth: number
  readonly roundSums: boolean
}

const sumsOf = ({ layout, ...source }: WideSource): SumSource => ({ out: layout.out, base: layout.base, ...source })

/** Steps between two looks at whether every tree has arrived. */
const stepsPerLook = 4

/** Fills the numeric slots from the row; no branch depends on a value. */
function rewriteInputs(body: FunctionBody, { slots, layout }: WideSource): void {
  const [from, to, x] = [body.local('i32'), body.local('i32'), body.local('f64')]
  body.i32(layout.slots + (slots.nan - slots.numeric.length) * 8).set(to)
  forEachAddress(body, { cursor: from, from: layout.numeric, to: layout.numeric + slots.numeric.length * numericBytes, step: numericBytes }, () => {
    body.get(from).memory('i32.load', 16).memory('f64.load').set(x)
    body.get(to, from).memory('f64.load').get(x)
    body.get(x, x).op('f64.ne').get(x).op('f64.abs').get(from).memory('f64.load', 8).op('f64.le', 'i32.or', 'select').memory('f64.store')
    body.get(to).i32(8).op('i32.add').set(to)
  })
}

/** Sets the bit of the row's category in the slot that holds its word, none in the others. */
function setCategories(body: FunctionBody, { slots, layout }: WideSource): void {
  const [from, to, x, category] = [body.local('i32'), body.local('i32'), body.local('f64'), body.local('i32')]
  body.i32(layout.slots + (slots.nan + 1) * 8).set(to)
  forEachAddress(body, { cursor: from, from: layout.categories, to: layout.categories + slots.categories.length * categoryBytes, step: categoryBytes }, () => {
    body.get(from).memory('i32.load').memory('f64.load').tee(x).op('i32.trunc_sat_f64_s').set(category).get(to)
    body.i32(nanWord).get(category).i32(6).op('i32.shr_u').get(x, x).op('f64.ne', 'select').get(from).memory('i32.load', 4).op('i32.eq', 'i64.extend_i32_u')
    body.get(category).op('i64.extend_i32_u', 'i64.shl').memory('i64.store')
    body.get(to).i32(8).op('i32.add').set(to)
  })
}

/** prepare(): turns the row into slots and sets the sums to their first addends. */
function prepareFunction(source: WideSource): FunctionBody {
  const body = new FunctionBody({ params: [], results: [] })
  rewriteInputs(body, source)
  setCategories(body, source)
  resetSums(body, sumsOf(source))
  return body
}

type Walk = { readonly body: FunctionBody; readonly source: WideSource; readonly nodes: readonly number[]; readonly next: number }

/** Pushes the node that follows `node`: the first of its children on "no", the second on "yes". */
function pushNext({ body, source, next: slot }: Walk, node: number): void {
  const { slots, layout } = source
  const hasCategories = slots.categories.length > 0
  body.get(node).memory('i32.load', 8).get(node).memory('i32.load', 12)
  if (hasCategories) body.tee(slot)
  body.memory('f64.load').get(node).memory('f64.load').op('f64.le')
  if (hasCategories) {
    body.get(slot).memory('i64.load').get(node).memory('i64.load').op('i64.and', 'i64.eqz')
    body
      .get(slot)
      .i32(layout.slots + slots.nan * 8)
      .op('i32.le_u', 'select')
  }
  body.i32(Math.log2(nodeBytes)).op('i32.shl', 'i32.add')
}

/** Moves every tree on until a step moves none. */
function descend(walk: Walk, moved: number): void {
  const { body, nodes, next } = walk
  body.loop((again) => {
    for (let step = 1; step < stepsPerLook; step++)
      for (const node of nodes) {
        pushNext(walk, node)
        again.set(node)
      }
    nodes.forEach((node, lane) => {
      pushNext(walk, node)
      again.tee(next).get(node).op('i32.xor')
      if (lane > 0) again.get(moved).op('i32.or')
      again.set(moved).get(next).set(node)
    })
    again.get(moved).brIf(0)
  })
}

/** walk(from, to): adds these trees, from a multiple of `lanes` on. Those that fill the last group up add nothing. */
function walkFunction(source: WideSource): FunctionBody {
  const { layout } = source
  const body = new FunctionBody({ params: ['i32', 'i32'], results: [] })
  const sums = new RunningSums(body, sumsOf(source))
  const walk: Walk = { body, source, nodes: Array.from({ length: lanes }, () => body.local('i32')), next: body.local('i32') }
  const [moved, root, end] = [body.local('i32'), body.local('i32'), body.local('i32')]
  const rootOf = (tree: number): FunctionBody => body.get(tree).i32(nodeBytes).op('i32.mul').i32(layout.roots).op('i32.add')
  sums.start(0)
  rootOf(0).set(root)
  rootOf(1).set(end)
  return body.loop((group) => {
    walk.nodes.forEach((node, lane) =>
      group
        .get(root)
        .i32(lane * nodeBytes)
        .op('i32.add')
        .set(node),
    )
    descend(walk, moved)
    sums.begin()
    for (const node of walk.nodes)
      sums.add(() => {
        body.get(node)
        if (source.leafWidth > 1) body.memory('i32.load')
      })
    sums.end()
    group
      .get(root)
      .i32(lanes * nodeBytes)
      .op('i32.add')
      .tee(root)
      .get(end)
      .op('i32.lt_u')
      .brIf(0)
  })
}

/** The kernel's module: exports run() and its stages. */
export function encodeWideKernel(source: WideSource): Uint8Array<ArrayBuffer> {
  const functions = stagedFunctions({ prepare: prepareFunction(source), walk: walkFunction(source), first: 0, trees: source.trees })
  return encodeKernelModule(functions, source.layout.bytes)
}
