import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageBytes } from '../../wasm/sizes.ts'
import { atOnce } from '../steps.ts'
import { encodeKernelModule } from './encode-kernel-module.ts'
import { kernelSteps } from './instantiate-kernel.ts'
import { SpareMemories } from './spare-memories.ts'

test('a memory that was used has the image and zeros behind it, as a new one: a slice a step, and taken from no other kernel', () => {
  const bytes = 8 * pageBytes
  const code = encodeKernelModule([], bytes)
  for (const pages of [7, 8, 10]) {
    for (const length of [0, 1, 2 * pageBytes + 5, bytes]) {
      const spare = new SpareMemories()
      const used = spare.take(pages)
      new Uint8Array(used.buffer).fill(7)
      spare.give(used)
      const steps = kernelSteps({ code, image: new Uint8Array(length).fill(9), bytes }, spare)
      const slices = Math.ceil(Math.max(pages, 8) / 2)
      for (let step = 0; step < slices; step++) assert.equal(steps.next().done, false)
      const { memory, release } = atOnce(steps)
      assert.equal(memory, used.buffer)
      const expected = new Uint8Array(Math.max(pages, 8) * pageBytes).fill(9, 0, length)
      assert.ok(Buffer.from(memory).equals(expected), `${length} bytes into ${pages} pages`)
      assert.notEqual(spare.take(8), used)
      release()
      assert.equal(spare.take(8), used)
    }
  }
})
