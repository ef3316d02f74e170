import { FunctionBody } from '../../wasm/function-body.ts'
import { decisionPart, featurePart } from './layout.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { blockRows, blockVectors } from './block.ts'
import { firstCategory } from './plan.ts'

/** What the codes of a model depend on beside its data. */
export type CodesSource = { readonly inputs: number; readonly temporary: number }

/** Pushes the code of a value: 0 unknown, 1 NaN, then the categories. */
function pushCode(body: FunctionBody, locals: { value: number; x: number; code: number }): void {
  const { value, x, code } = locals
  body
    .get(value)
    .memory('f64.load')
    .tee(x)
    .op('i32.trunc_sat_f64_s')
    .tee(code)
    .i32(firstCategory)
    .op('i32.add')
    .i32(0)
    .get(code, 0)
    .memory('i32.load', featurePart.categories)
  body.op('i32.lt_u', 'select').i32(1).get(x, x).op('f64.eq', 'select')
}

/** Writes, per chunk of codes, the byte indices of the rows whose codes lie in it; an index that picks nothing for the others. */
function storeIndices(body: FunctionBody, locals: { target: number; chunk: number; chunks: number }, temporary: number): void {
  const { target, chunk, chunks } = locals
  body.i32(0).set(chunk).get(0).memory('i32.load', featurePart.indices).set(target)
  body.loop((each) => {
    each.get(chunk).op('i8x16.splat').set(chunks)
    for (let i = 0; i < blockVectors; i++) {
      each
        .get(target)
        .i32(0)
        .memory('v128.load', temporary + i * vectorBytes)
      each
        .i32(0)
        .memory('v128.load', temporary + blockRows + i * vectorBytes)
        .get(chunks)
        .op('i8x16.ne', 'v128.or')
        .memory('v128.store', i * vectorBytes)
    }
    each.get(chunk).i32(1).op('i32.add').set(chunk).get(target).i32(blockRows).op('i32.add').tee(target)
    each.get(0).memory('i32.load', featurePart.indicesEnd).op('i32.ne').brIf(0)
  })
}

/** The function (from, to, rows) that turns the categories of a block's first rows into codes: a bit, and byte indices into the chunks of a set. */
export function codesFunction({ inputs, temporary }: CodesSource): FunctionBody {
  const body = new FunctionBody({ params: ['i32', 'i32', 'i32'], results: [] })
  const [value, row, code, target, chunk] = [body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  const [x, chunks] = [body.local('f64'), body.local('v128')]
  return body.loop((feature) => {
    feature.get(0).memory('i32.load', featurePart.value).set(value).i32(0).set(row)
    feature.loop((rows) => {
      pushCode(rows.get(row), { value, x, code })
      rows.tee(code).i32(3).op('i32.shr_u').i32(15).op('i32.and').memory('i32.store8', temporary)
      rows
        .get(row, code)
        .i32(7)
        .op('i32.shr_u')
        .memory('i32.store8', temporary + blockRows)
      rows.get(row, 0).memory('i32.load', featurePart.bits).op('i32.add').i32(1).get(code).i32(7).op('i32.and', 'i32.shl').memory('i32.store8')
      rows
        .get(value)
        .i32(inputs * 8)
        .op('i32.add')
        .set(value)
      rows.get(row).i32(1).op('i32.add').tee(row).get(2).op('i32.lt_u').brIf(0)
    })
    storeIndices(feature, { target, chunk, chunks }, temporary)
    feature.get(0).i32(featurePart.bytes).op('i32.add').tee(0).get(1).op('i32.ne').brIf(0)
  })
}

/** Local variables of the decisions; `decision` is where the data is read. */
export type DecisionLocals = {
  readonly decision: number
  readonly chunk: number
  readonly indices: number
  readonly set: number
  readonly bits: number
  readonly found: readonly number[]
}

/** What decisions depend on: the local variable that holds the end of the data, and the instruction that picks bytes. */
export type DecisionSource = { readonly end: number; readonly swizzle: 'i8x16.swizzle' | 'i8x16.relaxed_swizzle' }

/** found = the byte of the set that each row's bit is in, 0 for codes beyond the set. Moves `chunk` behind the decision. */
function findBytes(body: FunctionBody, { decision, chunk, indices, set, found }: DecisionLocals, swizzle: DecisionSource['swizzle']): void {
  const pick = (i: number): FunctionBody =>
    body
      .get(set, indices)
      .memory('v128.load', i * vectorBytes)
      .op(swizzle)
  const atEnd = (comparison: 'i32.eq' | 'i32.ne'): FunctionBody => body.get(chunk, decision).memory('i32.load', decisionPart.end).op(comparison)
  body.get(decision).memory('i32.load', decisionPart.indices).set(indices)
  body.get(decision).memory('v128.load', decisionPart.bytes).set(set)
  found.forEach((bytes, i) => pick(i).set(bytes))
  body
    .get(decision)
    .i32(decisionPart.bytes + vectorBytes)
    .op('i32.add')
    .set(chunk)
  body.block(() => {
    atEnd('i32.eq').brIf(0)
    body.loop(() => {
      body.get(chunk).memory('v128.load').set(set).get(indices).i32(blockRows).op('i32.add').set(indices)
      found.forEach((bytes, i) => pick(i).get(bytes).op('v128.or').set(bytes))
      body.get(chunk).i32(vectorBytes).op('i32.add').set(chunk)
      atEnd('i32.ne').brIf(0)
    })
  })
}

/** Stores all ones for the rows whose bit is not what makes the challenger win, and 0 for the others. */
function storeDecisions(body: FunctionBody, { decision, indices, set, bits, found }: DecisionLocals): void {
  body.get(decision).memory('v128.load8_splat', decisionPart.flip).set(set)
  body.get(decision).memory('i32.load', decisionPart.bits).set(indices)
  found.forEach((bytes, i) => {
    const at = i * vectorBytes
    body.get(decision).memory('i32.load', decisionPart.target).get(indices).memory('v128.load', at).tee(bits).get(bytes).op('v128.and')
    body.get(bits, set).op('v128.and', 'i8x16.eq').memory('v128.store', at)
  })
}

/** Finds the decisions of a group, from `decision` to the end, where it leaves `decision`. */
export function decide(body: FunctionBody, locals: DecisionLocals, { end, swizzle }: DecisionSource): void {
  const { decision, chunk } = locals
  body.block((outer) => {
    outer.get(decision, end).op('i32.eq').brIf(0)
    outer.loop((each) => {
      findBytes(each, locals, swizzle)
      storeDecisions(each, locals)
      each.get(chunk).tee(decision).get(end).op('i32.ne').brIf(0)
    })
  })
}
