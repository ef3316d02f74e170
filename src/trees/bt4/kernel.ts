import { FunctionBody } from '../../wasm/function-body.ts'
import { encodeModule } from '../../wasm/module.ts'
import { binningFunction } from '../byte-columns/binning.ts'
import { gatherColumns, vectorBytes, type GatherLocals, type Swizzle } from '../byte-columns/registers.ts'
import { callBinning, loadRegisters } from '../byte-columns/tables.ts'
import { kernelNames } from '../kernel.ts'
import { RunningSums } from '../running-sums.ts'
import { blockBit, blockParts, chunkTrees, treeRecord, type Bt4Layout } from './layout.ts'

/** What the kernel is generated from. `missingRight`: some node sends missing values right; `relaxed` uses the relaxed swizzle. */
export type Bt4Source = {
  readonly layout: Bt4Layout
  readonly trees: number
  readonly outputs: number
  readonly roundSums: boolean
  readonly missingRight: boolean
  readonly relaxed: boolean
}

type Context = {
  readonly body: FunctionBody
  readonly source: Bt4Source
  readonly swizzle: Swizzle
  readonly registers: readonly number[]
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

const all = (byte: number): number[] => Array.from({ length: vectorBytes }, () => byte)

function contextOf(body: FunctionBody, source: Bt4Source): Context {
  const local = (type: 'i32' | 'v128'): number => body.local(type)
  return {
    body,
    source,
    swizzle: source.relaxed ? 'i8x16.relaxed_swizzle' : 'i8x16.swizzle',
    registers: Array.from({ length: source.layout.registers.registerPairs * 2 }, () => local('v128')),
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
function pushTests({ body, source, swizzle, registers, gather, bytes }: Context, missingRight: boolean): void {
  const { threshold } = blockParts(source.layout.registers)
  for (let pair = 0; pair < registers.length / 2; pair++) {
    gatherColumns(body, { swizzle, locals: gather, registers: [registers[2 * pair]!, registers[2 * pair + 1]!] }, pair * vectorBytes)
    if (pair > 0) body.op('v128.or')
  }
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
  const { children } = blockParts(source.layout.registers)
  pushTests(context, missingRight)
  body.tee(bits).i32(127).op('i32.and').memory('i32.load8_u', source.layout.fourthPlace).tee(place).i32(1).op('i32.shl')
  body.get(bits, place).op('i32.shr_u').i32(1).op('i32.and', 'i32.add').i32(1).op('i32.shl')
  // Exits count from the left: the first is the one on the left below place 7.
  body
    .get(gather.cursor)
    .op('i32.add')
    .memory('i32.load16_u', children - 2 * 14)
    .set(child)
  body.get(tree, child).memory('i32.store', treeRecord.result).get(noted, tree).memory('i32.store')
  body
    .get(noted, child)
    .i32(Math.log2(blockBit / 4))
    .op('i32.shr_u')
    .i32(4)
    .op('i32.and', 'i32.add')
    .set(noted)
}

/** Takes the chunk's trees through their first blocks. */
function walkRoots(context: Context, missingRight: boolean): void {
  const { body, source, gather, tree, end, root, noted } = context
  body.get(root).set(gather.cursor).i32(source.layout.pending).set(noted)
  body.loop((each) => {
    step(context, missingRight)
    each.get(gather.cursor).i32(blockParts(source.layout.registers).bytes).op('i32.add').set(gather.cursor)
    each.get(tree).i32(treeRecord.bytes).op('i32.add').tee(tree).get(end).op('i32.ne').brIf(0)
  })
  body.get(gather.cursor).set(root)
}

/** Takes the trees on the list one block further, those that have not arrived staying on it, until none is left. */
function walkPending(context: Context, missingRight: boolean, { from, to }: { from: number; to: number }): void {
  const { body, source, gather, tree, noted } = context
  const { pending, registers } = source.layout
  body.block((done) =>
    done.loop((again) => {
      again.get(noted).i32(pending).op('i32.eq').brIf(1)
      again.get(noted).set(to).i32(pending).tee(from).set(noted)
      again.loop((each) => {
        each.get(from).memory('i32.load').tee(tree).memory('i32.load', treeRecord.blocks)
        each
          .get(tree)
          .memory('i32.load', treeRecord.result)
          .i32(blockBit - 1)
          .op('i32.and')
        each.i32(blockParts(registers).bytes).op('i32.mul', 'i32.add').set(gather.cursor)
        step(context, missingRight)
        each.get(from).i32(4).op('i32.add').tee(from).get(to).op('i32.ne').brIf(0)
      })
      again.br(0)
    }),
  )
}

type ChunkLocals = { readonly chunk: number; readonly from: number; readonly to: number }

function addLeaves({ body, tree, end }: Context, sums: RunningSums, { chunk }: ChunkLocals): void {
  body.get(chunk).set(tree)
  sums.begin()
  body.loop((each) => {
    sums.add(() =>
      each.get(tree).memory('i32.load', treeRecord.leaves).get(tree).memory('i32.load', treeRecord.result).i32(3).op('i32.shl', 'i32.add').memory('f64.load'),
    )
    each.get(tree).i32(treeRecord.bytes).op('i32.add').tee(tree).get(end).op('i32.ne').brIf(0)
  })
  sums.end()
}

/** Walks all trees, chunk by chunk, and adds their leaves. */
function walkChunks(context: Context, sums: RunningSums, { missingRight, ...locals }: ChunkLocals & { missingRight: boolean }): void {
  const { body, source, tree, end, root } = context
  const { trees, roots } = source.layout
  const last = trees + source.trees * treeRecord.bytes
  body.i32(roots).set(root).i32(trees).set(locals.chunk)
  body.loop((each) => {
    each
      .get(locals.chunk)
      .tee(tree)
      .i32(chunkTrees * treeRecord.bytes)
      .op('i32.add')
      .tee(end)
      .i32(last)
      .get(end)
      .i32(last)
      .op('i32.lt_u', 'select')
      .set(end)
    walkRoots(context, missingRight)
    walkPending(context, missingRight, locals)
    addLeaves(context, sums, locals)
    each.get(end).tee(locals.chunk).i32(last).op('i32.ne').brIf(0)
  })
}

/** Pushes whether some byte column is missing. */
function pushAnyMissing({ body, registers, gather }: Context): void {
  registers.forEach((register, i) => {
    body.get(register, gather.topBit).op('i8x16.eq')
    if (i > 0) body.op('v128.or')
  })
  body.op('i8x16.bitmask')
}

const binSmall = 0
const binLarge = 1

/** run(): rows in which nothing is missing take walks that do not ask for it. */
function runFunction(source: Bt4Source): FunctionBody {
  const body = new FunctionBody({ params: [], results: [] })
  const context = contextOf(body, source)
  const { base, out } = source.layout
  const sums = new RunningSums(body, { base, out, outputs: source.outputs, roundSums: source.roundSums })
  const locals: ChunkLocals = { chunk: body.local('i32'), from: body.local('i32'), to: body.local('i32') }
  callBinning(body, source.layout, { small: binSmall, large: binLarge })
  loadRegisters(body, source.layout, context.registers)
  body.bytes16(all(0x80)).set(context.gather.topBit)
  sums.start()
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

/** The kernel's module: exports run(), which reads the row from memory and writes raw scores to memory. */
export function encodeBt4Kernel(source: Bt4Source): Uint8Array<ArrayBuffer> {
  return encodeModule({
    functions: [{ body: binningFunction(false) }, { body: binningFunction(true) }, { body: runFunction(source), exportAs: kernelNames.run }],
    memory: { module: kernelNames.module, name: kernelNames.memory, pages: source.layout.bytes / 65536 },
  })
}
