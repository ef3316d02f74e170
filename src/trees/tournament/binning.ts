import { FunctionBody } from '../../wasm/function-body.ts'
import { missing, zeroThreshold } from '../ensemble.ts'
import { descriptor, viewPart } from './layout.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { blockVectors } from './block.ts'

/** What the binning of a model depends on beside its data. */
export type BinningSource = {
  readonly inputs: number
  /** Address of a block's bytes on their way. */
  readonly temporary: number
}

/** Columns that one function serves: of one missing type, and so many halvings in the search for a value among its cell's thresholds. */
export type Search = { readonly missing: number; readonly steps: number }

/** Rows that are taken at a time. */
export const rowsTogether = 4

const pairOf = (value: number): number[] => [...new Uint8Array(Float64Array.of(value, value).buffer)]

type Locals = {
  readonly value: number
  readonly row: number
  readonly table: number
  readonly rank: number
  readonly x: number
  readonly xs: number
  readonly cells: number
  readonly low: number
  readonly scale: number
  readonly top: number
  readonly base: number
}

function declareLocals(body: FunctionBody): Locals {
  const one = (type: 'i32' | 'v128' | 'f64'): number => body.local(type)
  return {
    value: one('i32'),
    row: one('i32'),
    table: one('i32'),
    rank: one('i32'),
    x: one('f64'),
    xs: one('v128'),
    cells: one('v128'),
    low: one('v128'),
    scale: one('v128'),
    top: one('v128'),
    base: one('v128'),
  }
}

function loadDescriptor(body: FunctionBody, locals: Locals): void {
  for (const part of ['table', 'value'] as const) body.get(0).memory('i32.load', descriptor[part]).set(locals[part])
  for (const part of ['low', 'scale', 'top', 'base'] as const) body.get(0).memory('v128.load', descriptor[part]).set(locals[part])
}

/** xs = the values of two rows, missing ones as NaN, or as 0 where the column has none missing. */
function loadPair(body: FunctionBody, { value, xs }: Locals, { source, type, row }: { source: BinningSource; type: number; row: number }): void {
  body
    .get(value)
    .memory('f64.load', row * source.inputs * 8)
    .op('f64x2.splat')
    .get(value)
    .memory('f64.load', (row + 1) * source.inputs * 8)
    .replaceF64Lane(1)
    .set(xs)
  if (type === missing.none) body.get(xs, xs, xs).op('f64x2.eq', 'v128.and').set(xs)
  if (type === missing.zero) body.get(xs, xs).op('f64x2.abs').bytes16(pairOf(zeroThreshold)).op('f64x2.le', 'v128.or').set(xs)
}

/** Their low words = the addresses of the pair's cells; address 0, where a 0 stands, for NaN. */
function findCells(body: FunctionBody, { xs, cells, low, scale, top, base }: Locals, type: number): void {
  body.bytes16(pairOf(0)).get(xs, low).op('f64x2.sub').get(scale).op('f64x2.mul', 'f64x2.pmax').get(top).op('f64x2.pmin').get(base).op('f64x2.add')
  if (type !== missing.none) body.get(xs, xs).op('f64x2.eq', 'v128.and')
  body.set(cells)
}

/** Pushes the byte of one row: 1 + thresholds below the value, 0 for NaN. No branch. */
function pushRank(body: FunctionBody, { table, rank, x, xs, cells }: Locals, { steps, lane }: { steps: number; lane: number }): void {
  body
    .get(cells)
    .extractI32Lane(2 * lane)
    .memory('i32.load8_u')
    .set(rank)
    .get(xs)
    .extractF64Lane(lane)
    .set(x)
  for (let step = steps - 1; step >= 0; step--) {
    const half = 2 ** step
    body
      .get(rank)
      .i32(3)
      .op('i32.shl')
      .get(table)
      .op('i32.add')
      .memory('f64.load', (half - 1) * 8)
      .get(x)
      .op('f64.lt')
    if (step > 0) body.i32(step).op('i32.shl')
    body.get(rank).op('i32.add').set(rank)
  }
  body.get(rank)
}

/** Writes a column's views from the bytes of its rows. */
function storeViews(body: FunctionBody, temporary: number): (column: FunctionBody) => void {
  const [view, target, less, flip] = [body.local('i32'), body.local('i32'), body.local('v128'), body.local('v128')]
  return (column) => {
    column.get(0).memory('i32.load', descriptor.viewsFrom).set(view)
    column.loop((each) => {
      each.get(view).memory('i32.load', viewPart.target).set(target)
      each.get(view).memory('v128.load8_splat', viewPart.less).set(less)
      each.get(view).memory('v128.load8_splat', viewPart.flip).set(flip)
      for (let at = 0; at < blockVectors * vectorBytes; at += vectorBytes)
        each
          .get(target)
          .i32(0)
          .memory('v128.load', temporary + at)
          .get(less)
          .op('i8x16.sub')
          .get(flip)
          .op('v128.xor')
          .memory('v128.store', at)
      each.get(view).i32(viewPart.bytes).op('i32.add').tee(view).get(0).memory('i32.load', descriptor.viewsTo).op('i32.lt_u').brIf(0)
    })
  }
}

/** The function (from, to, rows) that turns the values of a block's first rows into the bytes of columns, one descriptor after the other. */
export function binningFunction(source: BinningSource, { missing: type, steps }: Search): FunctionBody {
  const body = new FunctionBody({ params: ['i32', 'i32', 'i32'], results: [] })
  const locals = declareLocals(body)
  const writeViews = storeViews(body, source.temporary)
  return body.loop((column) => {
    loadDescriptor(column, locals)
    column.i32(0).set(locals.row)
    column.loop((rows) => {
      for (let row = 0; row < rowsTogether; row += 2) {
        loadPair(rows, locals, { source, type, row })
        findCells(rows, locals, type)
        for (const lane of [0, 1]) {
          rows.get(locals.row)
          pushRank(rows, locals, { steps, lane })
          rows.memory('i32.store8', source.temporary + row + lane)
        }
      }
      rows
        .get(locals.value)
        .i32(source.inputs * 8 * rowsTogether)
        .op('i32.add')
        .set(locals.value)
      rows.get(locals.row).i32(rowsTogether).op('i32.add').tee(locals.row).get(2).op('i32.lt_u').brIf(0)
    })
    writeViews(column)
    column.get(0).i32(descriptor.bytes).op('i32.add').tee(0).get(1).op('i32.ne').brIf(0)
  })
}
