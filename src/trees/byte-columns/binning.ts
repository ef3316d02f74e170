import { FunctionBody } from '../../wasm/function-body.ts'
import type { ModuleParts } from '../../wasm/module.ts'
import { zeroThreshold } from '../ensemble.ts'
import { descriptorBytes, tableSizes } from './tables.ts'

const blockBytes = tableSizes.block * 8

/** Adds minus the number of table values (16 from `offset` on) that are below the splatted x; no branch. */
function countBelow(body: FunctionBody, { table, x, sums }: { table: number; x: number; sums: readonly [number, number] }, offset: number): void {
  for (let i = 0; i < 8; i++) {
    const sum = sums[i % 2]!
    body
      .get(table)
      .memory('v128.load', offset + i * 16)
      .get(x)
      .op('f64x2.lt')
    if (i >= 2) body.get(sum).op('i64x2.add')
    body.set(sum)
  }
  body.get(sums[0], sums[1]).op('i64x2.add').tee(sums[0]).extractI32Lane(0).get(sums[0]).extractI32Lane(2).op('i32.add')
}

/** Stores the column's byte: rank + 1, or 0 if x is missing in the column's sense; top bit flipped, for signed comparison. */
function storeByte(body: FunctionBody, locals: { x: number; isNaN: number; minusRank: number }): void {
  const { x, isNaN, minusRank } = locals
  body.get(0).memory('i32.load', 8).i32(0x80).i32(1).get(minusRank).op('i32.sub').i32(0x80).op('i32.xor')
  body.get(isNaN).get(0).memory('i32.load', 12).op('i32.and')
  body.get(x).op('f64.abs').f64(zeroThreshold).op('f64.le').get(0).memory('i32.load', 12).i32(1).op('i32.shr_u', 'i32.and')
  body.op('i32.or', 'select').memory('i32.store8')
}

/**
 * The function (from, to) that turns row values into byte columns, one descriptor after the other. Small tables take one pass over 16 values; large ones a pass
 * over the 16 block maxima, which finds the block, and one over the block.
 */
function binningFunction(large: boolean): FunctionBody {
  const body = new FunctionBody({ params: ['i32', 'i32'], results: [] })
  const [x, isNaN, table, minusRank, block] = [body.local('f64'), body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  const [splat, evenSum, oddSum] = [body.local('v128'), body.local('v128'), body.local('v128')]
  const count = { table, x: splat, sums: [evenSum, oddSum] as const }
  return body.block((outer) =>
    outer
      .get(0, 1)
      .op('i32.eq')
      .brIf(0)
      .loop((each) => {
        each.get(0).memory('i32.load', 4).memory('f64.load').tee(x).get(x).op('f64.ne').set(isNaN)
        each.f64(0).get(x, isNaN).op('select').tee(x).op('f64x2.splat').set(splat)
        each.get(0).memory('i32.load').set(table)
        countBelow(each, count, 0)
        each.set(minusRank)
        if (large) {
          each.get(table, minusRank).i32(Math.log2(blockBytes)).op('i32.shl', 'i32.sub').set(table).get(minusRank).set(block)
          countBelow(each, count, blockBytes)
          each.get(block).i32(Math.log2(tableSizes.block)).op('i32.shl', 'i32.add').set(minusRank)
        }
        storeByte(each, { x, isNaN, minusRank })
        each.get(0).i32(descriptorBytes).op('i32.add').tee(0).get(1).op('i32.ne').brIf(0)
      }),
  )
}

/** The functions that `callBinning` calls: they come first in a kernel's module. */
export function binningFunctions(): ModuleParts['functions'] {
  return [{ body: binningFunction(false) }, { body: binningFunction(true) }]
}
