import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pageBytes } from '../../wasm/sizes.ts'
import { SpareMemories } from './spare-memories.ts'

/** Spare memories of so many pages each, and the memories by their pages. */
function spareOf(...sizes: readonly number[]) {
  const spare = new SpareMemories()
  const memories = new Map(sizes.map((pages) => [pages, spare.take(pages)]))
  for (const memory of memories.values()) spare.give(memory)
  return { spare, of: (pages: number) => memories.get(pages)! }
}

test('the smallest memory that has the pages is taken, and the largest of the others grown where none has', () => {
  const { spare, of } = spareOf(9, 10, 7, 6)
  assert.equal(spare.take(8), of(9))
  assert.equal(spare.take(8), of(10))
  new Uint8Array(of(7).buffer).fill(7)
  const grown = spare.take(8)
  assert.equal(grown, of(7))
  const bytes = new Uint8Array(grown.buffer)
  assert.deepEqual([bytes.length, bytes[7 * pageBytes - 1], bytes[7 * pageBytes]], [8 * pageBytes, 7, 0])
})

test('a memory that has a quarter more than the pages, or lacks one, is taken; others are left', () => {
  const { spare, of } = spareOf(26, 15)
  const made = spare.take(20)
  assert.ok(made !== of(26) && made !== of(15))
  assert.equal(made.buffer.byteLength, 20 * pageBytes)
  assert.deepEqual([spare.take(18), spare.take(21)], [of(15), of(26)])
})

test('a memory is taken once, however often it was given', () => {
  const { spare, of } = spareOf(4)
  spare.give(of(4))
  assert.equal(spare.take(4), of(4))
  assert.notEqual(spare.take(4), of(4))
})

test('memories that nobody takes go with the next collection', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { spare, left } = (() => {
    const { spare, of } = spareOf(1, 2)
    return { spare, left: [1, 2].map((pages) => new WeakRef(of(pages))) }
  })()
  await nextTurn() // A WeakRef holds what it was made of until the end of the turn.
  collect()
  assert.deepEqual(
    left.map((each) => each.deref()),
    [undefined, undefined],
  )
  assert.equal(spare.take(2).buffer.byteLength, 2 * pageBytes)
})
