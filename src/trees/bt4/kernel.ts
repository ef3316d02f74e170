import { FunctionBody } from '../../wasm/function-body.ts'
import { binningFunctions } from '../byte-columns/binning.ts'
import { gatherColumns, inEveryLane, type GatherLocals, type Swizzle } from '../byte-columns/registers.ts'
import { callBinning, loadRegisters } from '../byte-columns/tables.ts'
import { encodeKernelModule } from '../kernel/encode-kernel-module.ts'
import { resetSums, RunningSums, type SumSource } from '../kernel/running-sums.ts'
import { stagedFunctions } from '../kernel/staged-functions.ts'
import { blockBit, blockParts, chunkTrees, pendingBytes, treeRecord, type Bt4Layout } from './layout.ts'

/** What the kernel is generated from. `missingRight`: some node sends missing values right; `relaxed` uses the relaxed swizzle. */
export type Bt4Source = {
  readonly layout: Bt4Layout
  readonly trees: number
  readonly outputs: number
  readonly leafWidth: number
  readonly roundSums: boolean
  readonly missingRight: boolean
  readonly relaxed: boolean
}

type Context = {
  readonly body: FunctionBody
  readonly source: Bt4Source
  readonly swizzle: Swizzle
  readonly registers: readonly [number, number]
  /** `cursor` is the block that a tree is in. */
  readonly gather: GatherLocals
  /** The record of the tree that is walked; the first one not of its chunk. */
  readonly tree: number
  readonly end: number
  /** The next chunk's first root. */
  readonly root: number
  readonly child: number
  readonly bytes: number
  readonly bits: number
  readonly place: number
  /** Where the next pending tree is noted. */
  readonly noted: number
}

function contextOf(body: FunctionBody, source: Bt4Source): Context {
  const local = (type: 'i32' | 'v128'): number => body.local(type)
  return {
    body,
    source,
    swizzle: source.relaxed ? 'i8x16.relaxed_swizzle' : 'i8x16.swizzle',
    registers: [local('v128'), local('v128')],
    gather: { cursor: local('i32'), index: local('v128'), topBit: local('v128') },
    tree: local('i32'),
    end: local('i32'),
    root: local('i32'),
    child: local('i32'),
    bytes: local('v128'),
    bits: local('i32'),
    place: local('i32'),
    noted: local('i32'),
  }
}

/** Pushes the 15 tests of the block at the cursor as bits, 1 = right. Missing values are the least byte and go left, unless `missingRight` looks which nodes send them right. */
function pushTests({ body, swizzle, registers, gather, bytes }: Context, missingRight: boolean): void {
  const { threshold } = blockParts
  gatherColumns(body, { swizzle, locals: gather, registers }, 0)
  if (missingRight) body.tee(bytes)
  body.get(gather.cursor).memory('v128.load', threshold).op('i8x16.gt_s', 'i8x16.bitmask')
  if (!missingRight) return
  body.get(bytes, gather.topBit).op('i8x16.eq', 'i8x16.bitmask')
  body
    .get(gather.cursor)
    .memory('i32.load8_u', 15)
    .get(gather.cursor)
    .memory('i32.load8_u', threshold + 15)
  body.i32(8).op('i32.shl', 'i32.or', 'i32.and', 'i32.or')
}

/** Takes the tree through the block at the cursor and notes it, for good if it comes to another block. */
function step(context: Context, missingRight: boolean): void {
  const { body, source, gather, tree, child, bits, place, noted } = context
  pushTests(context, missingRight)
  body.tee(bits).i32(127).op('i32.and').memory('i32.load8_u', source.layout.fourthPlace).tee(place).i32(1).op('i32.shl')
  body.get(bits, place).op('i32.shr_u').i32(1).op('i32.and', 'i32.add').i32(1).op('i32.shl')
  // Exits count from the left: the first is the one on the left below place 7.
  body
    .get(gather.cursor)
    .op('i32.add')
    .memory('i32.load16_u', blockParts.children - 2 * 14)
    .set(child)
  body.get(tree, child).memory('i32.store', treeRecord.result).get(noted, tree).memory('i32.store')
  body
    .get(noted, child)
    .i32(Math.log2(blockBit / pendingBytes))
    .op('i32.shr_u')
    .i32(pendingBytes)
    .op('i32.and', 'i32.add')
    .set(noted)
}

/** Takes the chunk's trees through their first blocks. */
function walkRoots(context: Context, missingRight: boolean): void {
  const { body, source, gather, tree, end, root, noted } = context
  body.get(root).set(gather.cursor).i32(source.layout.pending).set(noted)
  body.loop((each) => {
    step(context, missingRight)
    each.get(gather.cursor).i32(blockParts.bytes).op('i32.add').set(gather.cursor)
    each.get(tree).i32(treeRecord.bytes).op('i32.add').tee(tree).get(end).op('i32.ne').brIf(0)
  })
  body.get(gather.cursor).set(root)
}

type ListLocals = { readonly from: number; readonly to: number; readonly touched: number }

/** Runs `each` for every entry of the list of pending trees, `from` being its address. */
function forEachPending({ body, source }: Context, { from, to }: ListLocals, each: () => void): void {
  body
    .i32(source.layout.pending)
    .set(from)
    .loop((again) => {
      each()
      again.get(from).i32(pendingBytes).op('i32.add').tee(from).get(to).op('i32.ne').brIf(0)
    })
}

/** Notes each pending tree's next block, and touches it: so little work a tree lets the processor wait for many blocks at once, where they are in far memory. */
function touchBlocks(context: Context, locals: ListLocals): void {
  const { body, gather, tree } = context
  const { from, touched } = locals
  forEachPending(context, locals, () => {
    body.get(from).get(from).memory('i32.load').tee(tree).memory('i32.load', treeRecord.blocks)
    body
      .get(tree)
      .memory('i32.load', treeRecord.result)
      .i32(blockBit - 1)
      .op('i32.and')
    body.i32(blockParts.bytes).op('i32.mul', 'i32.add').tee(gather.cursor).memory('i32.store', 4)
    body.get(touched, gather.cursor).memory('i32.load8_u').op('i32.xor').set(touched)
  })
  // Stored, so that no compiler finds the loads useless.
  body.i32(0).get(touched).memory('i32.store', context.source.layout.touched)
}

/** Takes the trees on the list one block further, those that have not arrived staying on it, until none is left. */
function walkPending(context: Context, missingRight: boolean, locals: ListLocals): void {
  const { body, source, gather, tree, noted } = context
  const { pending } = source.layout
  body.block((done) =>
    done.loop((again) => {
      again.get(noted).i32(pending).op('i32.eq').brIf(1)
      again.get(noted).set(locals.to).i32(pending).set(noted)
      touchBlocks(context, locals)
      forEachPending(context, locals, () => {
        again.get(locals.from).memory('i32.load').set(tree).get(locals.from).memory('i32.load', 4).set(gather.cursor)
        step(context, missingRight)
      })
      again.br(0)
    }),
  )
}

type ChunkLocals = ListLocals & { readonly chunk: number; readonly last: number }

function addLeaves({ body, source, tree, end }: Context, sums: RunningSums, { chunk }: ChunkLocals): void {
  body.get(chunk).set(tree)
  sums.begin()
  body.loop((each) => {
    sums.add(() =>
      each
        .get(tree)
        .memory('i32.load', treeRecord.leaves)
        .get(tree)
        .memory('i32.load', treeRecord.result)
        .i32(8 * source.leafWidth)
        .op('i32.mul', 'i32.add'),
    )
    each.get(tree).i32(treeRecord.bytes).op('i32.add').tee(tree).get(end).op('i32.ne').brIf(0)
  })
  sums.end()
}

/** Walks the trees from `chunk` to `last`, chunk by chunk, and adds their leaves. */
function walkChunks(context: Context, sums: RunningSums, { missingRight, ...locals }: ChunkLocals & { missingRight: boolean }): void {
  const { body, tree, end } = context
  body.loop((each) => {
    each
      .get(locals.chunk)
      .tee(tree)
      .i32(chunkTrees * treeRecord.bytes)
      .op('i32.add')
      .tee(end)
      .get(locals.last, end, locals.last)
      .op('i32.lt_u', 'select')
      .set(end)
    walkRoots(context, missingRight)
    walkPending(context, missingRight, locals)
    addLeaves(context, sums, locals)
    each.get(end).tee(locals.chunk).get(locals.last).op('i32.ne').brIf(0)
  })
}

/** Pushes whether some byte column is missing. */
function pushAnyMissing({ body, registers, gather }: Context): void {
  for (const register of registers) body.get(register, gather.topBit).op('i8x16.eq')
  body.op('v128.or', 'i8x16.bitmask')
}

const sumsOf = ({ layout, ...source }: Bt4Source): SumSource => ({ out: layout.out, base: layout.base, ...source })

/** prepare(): turns the row into byte columns and sets the sums to their first addends. */
function prepareFunction(source: Bt4Source): FunctionBody {
  const body = new FunctionBody({ params: [], results: [] })
  callBinning(body, source.layout)
  resetSums(body, sumsOf(source))
  return body
}

/** walk(from, to): adds these trees. Rows in which nothing is missing take walks that do not ask for it. */
function walkFunction(source: Bt4Source): FunctionBody {
  const { trees, roots } = source.layout
  const body = new FunctionBody({ params: ['i32', 'i32'], results: [] })
  const context = contextOf(body, source)
  const sums = new RunningSums(body, sumsOf(source))
  const locals: ChunkLocals = { chunk: body.local('i32'), last: body.local('i32'), from: body.local('i32'), to: body.local('i32'), touched: body.local('i32') }
  const addressOf = (tree: number, base: number, bytes: number): FunctionBody => body.get(tree).i32(bytes).op('i32.mul').i32(base).op('i32.add')
  loadRegisters(body, source.layout, context.registers)
  body.bytes16(inEveryLane(0x80)).set(context.gather.topBit)
  sums.start(0)
  addressOf(0, roots, blockParts.bytes).set(context.root)
  addressOf(0, trees, treeRecord.bytes).set(locals.chunk)
  addressOf(1, trees, treeRecord.bytes).set(locals.last)
  if (!source.missingRight) {
    walkChunks(context, sums, { ...locals, missingRight: false })
    return body
  }
  return body.block((done) => {
    done.block((complete) => {
      pushAnyMissing(context)
      complete.op('i32.eqz').brIf(0)
      walkChunks(context, sums, { ...locals, missingRight: true })
      complete.br(1)
    })
    walkChunks(context, sums, { ...locals, missingRight: false })
  })
}

/** The kernel's module: exports run() and its stages. */
export function encodeBt4Kernel(source: Bt4Source): Uint8Array<ArrayBuffer> {
  const binning = binningFunctions()
  const staged = stagedFunctions({ prepare: prepareFunction(source), walk: walkFunction(source), first: binning.length, trees: source.trees })
  return encodeKernelModule([...binning, ...staged], source.layout.bytes)
}
