import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, integer, property } from 'fast-check'
import { FunctionBody, type Signature } from './function-body.ts'
import { wasmHost } from './host.ts'
import { encodeModule, type ModuleParts } from './module.ts'
import { memoryOpcodes, plainOpcodes, type MemoryOpcode, type PlainOpcode, type ValueType } from './opcodes.ts'
import { simdSupport } from './simd-support.ts'

const memory = { module: 'e', name: 'm', pages: 1 }
const sixteen = (value: (lane: number) => number): number[] => Array.from({ length: 16 }, (_, lane) => value(lane))
const moduleOf = (body: FunctionBody): Uint8Array<ArrayBuffer> => encodeModule({ functions: [{ body, exportAs: 'run' }], memory })

function run(body: FunctionBody, ...args: number[]): { value: number; bytes: Uint8Array } {
  const linear = new wasmHost.Memory({ initial: 1 })
  const instance = new wasmHost.Instance(new wasmHost.Module(moduleOf(body)), { e: { m: linear } })
  return { value: instance.exports['run']!(...args), bytes: new Uint8Array(linear.buffer) }
}

const f64ToI32: Signature = { params: ['f64', 'f64'], results: ['i32'] }
const i32ToI32: Signature = { params: ['i32', 'i32'], results: ['i32'] }
const vectors: Signature = { params: ['v128', 'v128'], results: ['v128'] }
const one = (param: ValueType, result: ValueType): Signature => ({ params: [param], results: [result] })
const special: Partial<Record<PlainOpcode, Signature>> = {
  return: { params: [], results: [] },
  drop: { params: ['i32'], results: [] },
  select: { params: ['f64', 'f64', 'i32'], results: ['f64'] },
  'i32.eqz': one('i32', 'i32'),
  'i32.ctz': one('i32', 'i32'),
  'i32.trunc_sat_f64_s': one('f64', 'i32'),
  'f64.abs': one('f64', 'f64'),
  'f64.add': { params: ['f64', 'f64'], results: ['f64'] },
  'f64.sub': { params: ['f64', 'f64'], results: ['f64'] },
  'f64.mul': { params: ['f64', 'f64'], results: ['f64'] },
  'i64.and': { params: ['i64', 'i64'], results: ['i64'] },
  'i64.shl': { params: ['i64', 'i64'], results: ['i64'] },
  'i64.extend_i32_u': one('i32', 'i64'),
  'i64.eqz': one('i64', 'i32'),
  'f32.demote_f64': one('f64', 'f32'),
  'f64.promote_f32': one('f32', 'f64'),
  'i8x16.bitmask': one('v128', 'i32'),
  'f32.add': { params: ['f32', 'f32'], results: ['f32'] },
  'i8x16.shr_u': { params: ['v128', 'i32'], results: ['v128'] },
  'v128.bitselect': { params: ['v128', 'v128', 'v128'], results: ['v128'] },
  'f64x2.abs': one('v128', 'v128'),
  'i8x16.relaxed_laneselect': { params: ['v128', 'v128', 'v128'], results: ['v128'] },
  'i8x16.splat': one('i32', 'v128'),
  'f64x2.splat': one('f64', 'v128'),
}
const byPrefix: Readonly<Record<string, Signature>> = { i32: i32ToI32, f64: f64ToI32 }
const signatureOf = (name: PlainOpcode): Signature => special[name] ?? byPrefix[name.slice(0, name.indexOf('.'))] ?? vectors

test('every instruction without immediates validates with its own types', () => {
  for (const name of Object.keys(plainOpcodes) as PlainOpcode[]) {
    const signature = signatureOf(name)
    const body = new FunctionBody(signature).get(...signature.params.keys()).op(name)
    assert.ok(wasmHost.validate(moduleOf(body)), name)
  }
})

test('every memory instruction validates with its natural alignment', () => {
  for (const name of Object.keys(memoryOpcodes) as MemoryOpcode[]) {
    const type = (['i32', 'i64', 'f64'] as const).find((scalar) => name.startsWith(scalar)) ?? 'v128'
    const isLoad = name.includes('load')
    const body = new FunctionBody({ params: ['i32', type], results: isLoad ? [type] : [] })
    assert.ok(wasmHost.validate(moduleOf(isLoad ? body.get(0).memory(name, 300) : body.get(0, 1).memory(name, 300))), name)
  }
})

test('constants arrive in the running module as they were given', () => {
  const i32 = new FunctionBody({ params: [], results: ['i32'] })
  const f64 = new FunctionBody({ params: [], results: ['f64'] })
  assert.equal(run(i32.i32(-123456)).value, -123456)
  for (const value of [0, -0, 1e-308, 5e-324, Infinity, NaN, Math.PI]) assert.ok(Object.is(run(new FunctionBody(f64.signature).f64(value)).value, value))
  const stored = run(
    new FunctionBody({ params: [], results: [] })
      .i32(0)
      .bytes16(sixteen((lane) => 255 - lane))
      .memory('v128.store', 32),
  )
  assert.deepEqual(
    [...stored.bytes.subarray(32, 48)],
    sixteen((lane) => 255 - lane),
  )
})

test('a loop inside a block counts as the program says', () => {
  const body = new FunctionBody({ params: ['i32'], results: ['i32'] })
  const sum = body.local('i32')
  body.block((outer) =>
    outer
      .get(0)
      .op('i32.eqz')
      .brIf(0)
      .loop((again) => again.get(sum, 0).op('i32.add').set(sum).get(0).i32(1).op('i32.sub').tee(0).brIf(0)),
  )
  body.get(sum)
  assertProperty(
    property(integer({ min: 0, max: 1000 }), (n) => assert.equal(run(body, n).value, (n * (n + 1)) / 2)),
    { numRuns: 20 },
  )
})

test('the two numbers of a vector are divided, and each can be taken out', () => {
  for (const lane of [0, 1]) {
    const body = new FunctionBody({ params: ['f64', 'f64'], results: ['f64'] }).get(0).op('f64x2.splat').get(1).op('f64x2.splat')
    body
      .bytes16([...new Uint8Array(Float64Array.of(1, 2).buffer)])
      .op('f64x2.mul', 'f64x2.div')
      .extractF64Lane(lane)
    assert.equal(run(body, 6, 3).value, lane === 0 ? 2 : 1)
  }
})

test('one number of a vector is exchanged for another', () => {
  for (const lane of [0, 1]) {
    const body = new FunctionBody({ params: ['f64', 'f64'], results: ['f64'] }).get(0).op('f64x2.splat').get(1).replaceF64Lane(lane)
    assert.equal(run(body.extractF64Lane(0), 6, 3).value, lane === 0 ? 3 : 6)
  }
})

test('a shuffle, a lane and a call do what they say', () => {
  const lane = new FunctionBody({ params: [], results: ['i32'] }).bytes16(sixteen((i) => i)).bytes16(sixteen((i) => 100 + i))
  lane.shuffle(sixteen((i) => 31 - i)).extractI32Lane(0)
  const caller = new FunctionBody({ params: [], results: ['i32'] }).call(0)
  const instance = new wasmHost.Instance(new wasmHost.Module(encodeModule({ functions: [{ body: lane }, { body: caller, exportAs: 'run' }], memory })), {
    e: { m: new wasmHost.Memory({ initial: 1 }) },
  })
  assert.equal(instance.exports['run']!(), 115 | (114 << 8) | (113 << 16) | (112 << 24))
})

test('a program that would not type-check does not validate', () => {
  assert.equal(wasmHost.validate(moduleOf(new FunctionBody({ params: [], results: ['i32'] }).f64(1))), false)
  assert.equal(wasmHost.validate(moduleOf(new FunctionBody({ params: [], results: [] }).op('i32.add'))), false)
})

test('misuse that can be seen while writing is refused at once', () => {
  const body = (): FunctionBody => new FunctionBody({ params: ['i32'], results: [] })
  assert.throws(() => body().get(1), /local 1 is not one of 1/)
  assert.throws(() => body().set(-1), RangeError)
  assert.throws(() => body().i32(2 ** 31), RangeError)
  assert.throws(() => body().bytes16([1, 2, 3]), /16 whole numbers below 256/)
  assert.throws(() => body().bytes16(sixteen(() => 256)), RangeError)
  assert.throws(() => body().shuffle(sixteen(() => 32)), /16 whole numbers below 32/)
  assert.throws(() => body().extractI32Lane(4), RangeError)
  assert.throws(() => body().extractF64Lane(2), RangeError)
  assert.throws(() => body().replaceF64Lane(2), RangeError)
  assert.throws(() => body().memory('f64.load', -8), RangeError)
  assert.throws(() => body().br(1), /branch depth 1: 0 blocks are open/)
  assert.throws(() => body().block((open) => open.encode()), /1 blocks are still open/)
})

test('a module with a bad name, two equal exports or too much memory is refused', () => {
  const body = new FunctionBody({ params: [], results: [] })
  const broken: ModuleParts[] = [
    { functions: [{ body, exportAs: 'a b' }], memory },
    { functions: [{ body, exportAs: 'é' }], memory },
    {
      functions: [
        { body, exportAs: 'run' },
        { body, exportAs: 'run' },
      ],
      memory,
    },
    { functions: [], memory: { ...memory, pages: 65537 } },
  ]
  for (const parts of broken) assert.throws(() => encodeModule(parts), RangeError)
})

test('the engine that runs the tests accepts vector instructions', () => {
  assert.notEqual(simdSupport(), 'none')
})
