import { FunctionBody } from '../../wasm/function-body.ts'
import { binningFunctions } from '../byte-columns/binning.ts'
import { inEveryLane } from '../byte-columns/registers.ts'
import { callBinning, loadRegisters } from '../byte-columns/tables.ts'
import { encodeKernelModule } from '../kernel/encode-kernel-module.ts'
import { kernelNames } from '../kernel/kernel.ts'
import { testBlock, type KernelContext } from './kernel-positions.ts'
import { addLeaves, repeat, storeSurvivors, sumByOutput, type SumLocals, type SumSource } from './kernel-sums.ts'
import type { SlabLayout } from './layout.ts'
import { lanes, type SlabShape } from './plan.ts'

function declareLocals(body: FunctionBody, shape: SlabShape, categorical: number): KernelContext['locals'] {
  const many = (count: number, type: 'v128' | 'i32'): number[] => Array.from({ length: count }, () => body.local(type))
  const one = (type: 'v128' | 'i32'): number => body.local(type)
  return {
    registers: many(shape.registerPairs * 2, 'v128'),
    rightRegisters: [one('v128'), one('v128')],
    slices: many(4, 'v128'),
    index: one('v128'),
    fails: one('v128'),
    topBit: one('v128'),
    cursor: one('i32'),
    end: one('i32'),
    trips: one('i32'),
    streams: many(categorical, 'i32'),
    masks: many(categorical, 'i32'),
  }
}

/** Points each categorical feature's stream at its category's line of the table; negative and unknown categories at the line after them, NaN at the last. */
function pointStreams({ body, layout, locals }: KernelContext, x: number, category: number): void {
  layout.categorical.forEach((feature, c) => {
    body
      .i32(0)
      .memory('f64.load', layout.row + feature.feature * 8)
      .tee(x)
      .op('i32.trunc_sat_f64_s')
      .tee(category)
      .i32(feature.categories)
      .get(category)
      .i32(feature.categories)
      .op('i32.lt_u', 'select')
    body
      .i32(feature.categories + 1)
      .get(x, x)
      .op('f64.eq', 'select')
    body.i32(feature.stride).op('i32.mul').i32(feature.table).op('i32.add').set(locals.streams[c]!)
    body.i32(feature.masks).set(locals.masks[c]!)
  })
}

function setRegisters({ body, shape, layout, locals }: KernelContext): void {
  loadRegisters(body, layout, locals.registers)
  if (shape.hasBias) locals.rightRegisters.forEach((register, i) => body.get(locals.registers[i]!).bytes16(inEveryLane(1)).op('i8x16.sub').set(register))
  body.bytes16(inEveryLane(0x80)).set(locals.topBit)
}

/** What the kernel is generated from. `relaxed` uses the relaxed swizzle. */
export type SlabSource = SumSource & { readonly shape: SlabShape; readonly layout: SlabLayout; readonly relaxed: boolean }

function evaluationFunction({ shape, layout, relaxed, ...source }: SlabSource): FunctionBody {
  const body = new FunctionBody({ params: [], results: [] })
  const locals = declareLocals(body, shape, layout.categorical.length)
  const context: KernelContext = { body, shape, layout, swizzle: relaxed ? 'i8x16.relaxed_swizzle' : 'i8x16.swizzle', locals }
  const [word] = [body.local('i32'), body.local('i32')]
  const sums: SumLocals = { sum: body.local('f64'), leaves: body.local('i32'), values: body.local('i32'), word, output: body.local('i32') }
  const counter = body.local('i32')
  callBinning(body, layout)
  pointStreams(context, body.local('f64'), body.local('i32'))
  setRegisters(context)
  body.i32(layout.data).set(locals.cursor).i32(layout.trips).set(locals.trips).i32(layout.leaves).set(sums.leaves).i32(layout.treeValues).set(sums.values)
  body.i32(0).memory('f64.load', layout.base).set(sums.sum)
  repeat(body, { counter, count: shape.groups }, () => {
    for (let block = 0; block < shape.blocks; block++) {
      testBlock(context, block)
      storeSurvivors(context, block)
    }
    addLeaves(context, sums, source)
    body
      .get(sums.leaves)
      .i32(lanes * layout.leafStride)
      .op('i32.add')
      .set(sums.leaves)
    body
      .get(sums.values)
      .i32(lanes * 8)
      .op('i32.add')
      .set(sums.values)
    body
      .get(locals.trips)
      .i32(shape.blocks * 4)
      .op('i32.add')
      .set(locals.trips)
  })
  if (source.outputs === 1) body.i32(0).get(sums.sum).memory('f64.store', layout.out)
  else sumByOutput(context, sums, source)
  return body
}

/** The kernel's module: exports run(), which reads the row from memory, writes raw scores to memory, and has no branch that depends on the row. */
export function encodeSlabKernel(source: SlabSource): Uint8Array<ArrayBuffer> {
  return encodeKernelModule([...binningFunctions(), { body: evaluationFunction(source), exportAs: kernelNames.run }], source.layout.bytes)
}
