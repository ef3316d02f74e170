import { FunctionBody } from '../../wasm/function-body.ts'
import { addRounded } from '../kernel/running-sums.ts'
import { blockRows } from './block.ts'

/** What the sums of a model depend on; `winners` is the address of the winners of a group's first tree, `out` that of the rows' sums. */
export type SumSource = {
  readonly out: number
  readonly winners: number
  readonly leafStride: number
  readonly groupTrees: number
  readonly outputs: number
  readonly roundSums: boolean
}

const rowsTogether = 4

/**
 * The function (from, to, place, leaves) that adds the leaves that won a group's trees to the sums of rows, in tree order. Rows are taken in fours, whose sums wait for each
 * other's additions; `place` is the byte offset of the first row's sum.
 */
export function sumFunction({ out, winners, leafStride, groupTrees, outputs, roundSums }: SumSource): FunctionBody {
  const body = new FunctionBody({ params: ['i32', 'i32', 'i32', 'i32'], results: [] })
  const [row, end, place, leaves] = [0, 1, 2, 3]
  const sums = Array.from({ length: rowsTogether }, () => body.local('f64'))
  return body.loop((each) => {
    sums.forEach((sum, i) =>
      each
        .get(place)
        .memory('f64.load', out + i * outputs * 8)
        .set(sum),
    )
    for (let lane = 0; lane < groupTrees; lane++)
      sums.forEach((sum, i) => {
        each
          .get(sum, row)
          .memory('i32.load8_u', winners + lane * blockRows + i)
          .i32(3)
          .op('i32.shl')
          .get(leaves)
          .op('i32.add')
        addRounded(each.memory('f64.load', lane * leafStride), roundSums).set(sum)
      })
    sums.forEach((sum, i) => each.get(place, sum).memory('f64.store', out + i * outputs * 8))
    each
      .get(place)
      .i32(rowsTogether * outputs * 8)
      .op('i32.add')
      .set(place)
    each.get(row).i32(rowsTogether).op('i32.add').tee(row).get(end).op('i32.lt_u').brIf(0)
  })
}
