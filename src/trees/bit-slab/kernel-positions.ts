import type { FunctionBody } from '../../wasm/function-body.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { gatherColumns, inEveryLane, type Swizzle } from '../byte-columns/registers.ts'
import type { SlabLayout } from './layout.ts'
import type { SlabShape } from './plan.ts'
import { blockOffsets, categoricalBytes, pairParts, singleBytes, wideParts } from './positions.ts'

/** What the parts of the kernel share: the code being written, and the local variables by their role. */
export type KernelContext = {
  readonly body: FunctionBody
  readonly shape: SlabShape
  readonly layout: SlabLayout
  readonly swizzle: Swizzle
  readonly locals: {
    /** Byte columns of the row: two registers per pair. */
    readonly registers: readonly number[]
    /** The first two registers less one: missing wraps round to the top and goes right. */
    readonly rightRegisters: readonly [number, number]
    /** Surviving leaves, 8 per byte lane and slice. */
    readonly slices: readonly number[]
    readonly index: number
    readonly fails: number
    readonly topBit: number
    readonly cursor: number
    readonly end: number
    readonly trips: number
    /** Per categorical feature: where its decision stream and its masks stand. */
    readonly streams: readonly number[]
    readonly masks: readonly number[]
  }
}

function gather({ body, swizzle, locals }: KernelContext, registers: readonly [number, number], offset: number): void {
  gatherColumns(body, { swizzle, locals, registers }, offset)
}

/** Strikes out the leaves of the mask at `offset` from a slice, for the trees whose test failed. */
function strike({ body, locals }: KernelContext, slice: number, offset: number): void {
  body.get(locals.slices[slice]!, locals.fails, locals.cursor).memory('v128.load', offset).op('v128.and', 'v128.andnot').set(locals.slices[slice]!)
}

function testSingle(context: KernelContext, registers: readonly [number, number], at: { slice: number; offset: number }): void {
  const { body, locals } = context
  gather(context, registers, at.offset)
  body
    .get(locals.cursor)
    .memory('v128.load', at.offset + vectorBytes)
    .op('i8x16.gt_s')
    .set(locals.fails)
  strike(context, at.slice, at.offset + 2 * vectorBytes)
}

function firstPair({ locals }: KernelContext): readonly [number, number] {
  return [locals.registers[0]!, locals.registers[1]!]
}

/** Single positions of all slices in turn, so that one slice's chain of dependent instructions overlaps with the others'. */
function testSingles(context: KernelContext, block: number): void {
  const capacity = context.shape.capacity[block]!
  const offsets = blockOffsets(context.shape, capacity)
  const jobs = [0, 1, 2, 3].flatMap((slice) => {
    const job = (kind: 'left' | 'right') =>
      Array.from({ length: capacity[kind][slice]! }, (_, i) => ({ slice, kind, offset: offsets[kind][slice]! + i * singleBytes }))
    return [...job('left'), ...job('right')].map((one, turn) => ({ ...one, turn }))
  })
  jobs.sort((a, b) => a.turn - b.turn || a.slice - b.slice)
  for (const { kind, slice, offset } of jobs) testSingle(context, kind === 'right' ? context.locals.rightRegisters : firstPair(context), { slice, offset })
}

function compare({ body, shape, locals }: KernelContext, parts: { bias: number; threshold: number }): void {
  if (shape.hasBias) body.get(locals.cursor).memory('v128.load', parts.bias).op('i8x16.sub')
  body.get(locals.cursor).memory('v128.load', parts.threshold).op('i8x16.gt_s').set(locals.fails)
}

function testPairs(context: KernelContext, block: number): void {
  const { shape } = context
  const parts = pairParts(shape)
  const capacity = shape.capacity[block]!
  const offsets = blockOffsets(shape, capacity)
  capacity.pair.forEach((count, first) => {
    for (let i = 0; i < count; i++) {
      const offset = offsets.pair[first]! + i * parts.bytes
      gather(context, firstPair(context), offset)
      compare(context, { bias: offset + parts.bias, threshold: offset + parts.threshold })
      for (const s of [0, 1]) strike(context, first + s, offset + parts.mask + s * vectorBytes)
    }
  })
}

/** Runs `each` while `cursor` has not reached `end`; it moves the cursor by `bytes` at its end. */
function forEachUntilEnd(body: FunctionBody, { cursor, end, bytes }: { cursor: number; end: number; bytes: number }, each: () => void): void {
  body.block((outer) =>
    outer
      .get(cursor, end)
      .op('i32.eq')
      .brIf(0)
      .loop((again) => {
        each()
        again.get(cursor).i32(bytes).op('i32.add').tee(cursor).get(end).op('i32.ne').brIf(0)
      }),
  )
}

function testWide(context: KernelContext, block: number): void {
  const { body, shape, locals } = context
  const parts = wideParts(shape)
  const fixedBytes = blockOffsets(shape, shape.capacity[block]!).wide
  body.get(locals.cursor).i32(fixedBytes).op('i32.add').tee(locals.cursor)
  body
    .get(locals.trips)
    .memory('i32.load', block * 4)
    .op('i32.add')
    .set(locals.end)
  forEachUntilEnd(body, { cursor: locals.cursor, end: locals.end, bytes: parts.bytes }, () => {
    for (let pair = 0; pair < shape.registerPairs; pair++) {
      gather(context, [locals.registers[2 * pair]!, locals.registers[2 * pair + 1]!], pair * vectorBytes)
      if (pair > 0) body.op('v128.or')
    }
    compare(context, parts)
    for (let s = 0; s < 4; s++) strike(context, s, parts.mask + s * vectorBytes)
  })
}

function testCategorical(context: KernelContext, block: number): void {
  const { body, layout, locals } = context
  layout.categorical.forEach((feature, c) => {
    const [masks, stream] = [locals.masks[c]!, locals.streams[c]!]
    body
      .get(masks, locals.trips)
      .memory('i32.load', feature.trips - layout.trips + block * 4)
      .op('i32.add')
      .set(locals.end)
    forEachUntilEnd(body, { cursor: masks, end: locals.end, bytes: categoricalBytes }, () => {
      body.get(stream).memory('v128.load').set(locals.fails)
      for (let s = 0; s < 4; s++) strike({ ...context, locals: { ...locals, cursor: masks } }, s, s * vectorBytes)
      body.get(stream).i32(vectorBytes).op('i32.add').set(stream)
    })
  })
}

/** All tests of one block of 32 leaves for 16 trees: after them each tree's lowest surviving bit is the leaf it exits by. Moves the cursor to the next block's data. */
export function testBlock(context: KernelContext, block: number): void {
  const { body, locals } = context
  for (const slice of locals.slices) body.bytes16(inEveryLane(255)).set(slice)
  testSingles(context, block)
  testPairs(context, block)
  testWide(context, block)
  testCategorical(context, block)
}
