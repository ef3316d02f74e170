import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, integer, property } from 'fast-check'
import { randomEnsemble, type EnsembleShape } from '../arbitrary-ensemble.test-data.ts'
import { compileForest } from '../compile.ts'
import { goesLeft } from '../interpret.ts'
import { blocksOf, leafOrder } from './blocks.ts'

const shape: EnsembleShape = { trees: 3, leaves: 200, inputs: 4, outputs: 1, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }

test('going from block to block by a row leads to the leaf that going from node to node leads to', () => {
  assertProperty(
    property(integer({ min: 1, max: 0x7fff_ffff }), integer({ min: -40, max: 40 }), (seed, value) => {
      const ensemble = randomEnsemble({ ...shape, seed })
      const isLeft = (t: number, node: number): boolean => goesLeft(ensemble, ensemble.nodeOffset[t]! + node, value / 4)
      for (let t = 0; t < ensemble.trees; t++) {
        const blocks = blocksOf(ensemble, t)
        let [block, node] = [blocks[0]!, blocks[0]![0]!]
        while (node >= 0) node = (isLeft(t, node) ? ensemble.left : ensemble.right)[ensemble.nodeOffset[t]! + node]!
        for (let exit = 0; exit >= 0;) {
          let place = 0
          while (place < 15) place = 2 * place + (block[place]! < 0 || isLeft(t, block[place]!) ? 1 : 2)
          exit = block[place]!
          if (exit < 0) assert.equal(exit, node)
          else block = blocks.find(([root]) => root === exit)!
        }
      }
    }),
    { numRuns: 50 },
  )
})

test('the blocks and leaves that most rows came through come first, but for the root', () => {
  const ensemble = randomEnsemble(shape)
  const { cover, nodeOffset, leafOffset } = ensemble
  for (let t = 0; t < ensemble.trees; t++) {
    const rows = blocksOf(ensemble, t).map(([root]) => cover!.node[nodeOffset[t]! + root!]!)
    assert.deepEqual(
      rows,
      rows.toSorted((a, b) => b - a),
    )
    const leaves = leafOrder(ensemble, t).map((leaf) => cover!.leaf[leafOffset[t]! + leaf]!)
    assert.deepEqual(
      leaves,
      leaves.toSorted((a, b) => b - a),
    )
    assert.equal(blocksOf({ ...ensemble, cover: undefined }, t).length, rows.length)
  }
})

test('categories, linear leaves, more than 32768 leaves or 32 byte columns are not for this kernel', () => {
  const engineOf = (ensemble: Parameters<typeof compileForest>[0]): string => compileForest(ensemble, { engine: 'bt4' }).engine
  assert.equal(engineOf(randomEnsemble(shape)), 'bt4')
  assert.equal(engineOf(randomEnsemble({ ...shape, categorical: 1 })), 'wide')
  assert.equal(engineOf(randomEnsemble({ ...shape, trees: 30, inputs: 33, missingTypes: 1 })), 'wide')
  const leaves = 32_769
  const [nodeOffset, leafOffset] = [Int32Array.of(0, leaves - 1), Int32Array.of(0, leaves)]
  const ofNodes = { feature: new Int32Array(leaves - 1), flags: new Uint8Array(leaves - 1), threshold: new Float64Array(leaves - 1), cover: undefined }
  const chain = {
    left: Int32Array.from({ length: leaves - 1 }, (_, i) => ~i),
    right: Int32Array.from({ length: leaves - 1 }, (_, i) => (i === leaves - 2 ? ~(i + 1) : i + 1)),
  }
  const tall = { ...randomEnsemble({ ...shape, trees: 1 }), nodeOffset, leafOffset, leafValue: new Float64Array(leaves), ...ofNodes, ...chain }
  assert.equal(engineOf(tall), 'wide')
})
