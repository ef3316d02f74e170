import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, property } from 'fast-check'
import { ensembleShapes, formedEnsemble, randomEnsemble } from '../arbitrary-ensemble.test-data.ts'
import { largestTree } from '../ensemble.ts'
import { scheduleOf } from './schedule.ts'

test('a challenger has won its place before it is challenged, and keeps it until then', () => {
  assertProperty(
    property(ensembleShapes, (shape) => {
      const ensemble = randomEnsemble({ ...shape, leaves: Math.min(shape.leaves, 256) })
      const leaves = largestTree(ensemble)
      for (const group of scheduleOf(ensemble, leaves).groups) {
        const held = new Set(Array.from({ length: leaves }, (_, leaf) => leaf))
        for (const { matches, winner } of group.chains()) {
          for (const { challenger } of matches) {
            assert.ok(held.has(challenger))
            if (challenger >= leaves) held.delete(challenger)
          }
          assert.ok(!held.has(winner))
          held.add(winner)
        }
      }
    }),
    { numRuns: 30 },
  )
})

test('every node is played once, every tree wins a place of its own in the order of the trees', () => {
  const ensemble = randomEnsemble({ trees: 37, leaves: 31, inputs: 5, outputs: 2, categorical: 1, missingTypes: 3, spread: 40, seed: 7 })
  const { groups, groupTrees } = scheduleOf(ensemble, 31)
  const nodes = groups.flatMap((group) => group.chains().flatMap(({ matches }) => matches.map(({ node }) => node)))
  assert.deepEqual(
    nodes.toSorted((a, b) => a - b),
    [...ensemble.feature.keys()],
  )
  for (const group of groups) {
    const { output, trees } = group
    assert.ok(trees.length <= groupTrees && trees.every((t, i) => t % 2 === output && (i === 0 || t === trees[i - 1]! + 2)))
    const winners = new Set(group.chains().map(({ winner }) => winner))
    trees.forEach((_, lane) => assert.ok(winners.has(31 + lane)))
  }
})

test('groups shrink as trees grow, so that the winners of a group stay near', () => {
  const sizeOf = (form: 'balanced' | 'deep', leaves: number): number => {
    const { groupTrees, scratchBlocks } = scheduleOf(formedEnsemble({ form, leaves, trees: 40 }), leaves)
    assert.ok(scratchBlocks <= 400)
    return groupTrees
  }
  assert.deepEqual(
    [31, 64, 128, 256].map((leaves) => sizeOf('balanced', leaves)),
    [16, 16, 8, 2],
  )
  assert.deepEqual([sizeOf('deep', 31), sizeOf('deep', 256)], [16, 16])
})
