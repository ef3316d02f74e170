import assert from 'node:assert/strict'
import { test } from 'node:test'
import { walkBars } from '../../market/bar-walk.ts'
import { kernelValues } from '../testing/kernel-run.ts'

test('empty_share counts the bars without trades of its window', () => {
  const bars = walkBars({ seed: 8, count: 2_500, from: Date.UTC(2024, 0, 1), barMs: 60_000 })
  const values = kernelValues('empty_share(20)@1m', '1m', bars)
  const seen = new Set<number>()
  for (let i = 19; i < bars.length; i++) {
    const empty = bars.slice(i - 19, i + 1).filter(({ volume }) => volume === 0).length
    assert.equal(values[i], empty / 20)
    seen.add(empty)
  }
  assert.ok(seen.size > 3)
})

test('gap_count counts every interruption once, however long', () => {
  const bars = walkBars({ seed: 8, count: 100, from: Date.UTC(2024, 0, 1), barMs: 60_000 }).filter((_, i) => i !== 40 && (i < 70 || i > 79))
  const values = kernelValues('gap_count(30)@1m', '1m', bars)
  assert.deepEqual([values[29], values[30], values[39], values[40], values[68], values[69], values[70], values[88]], [NaN, 0, 0, 1, 1, 2, 1, 1])
})
