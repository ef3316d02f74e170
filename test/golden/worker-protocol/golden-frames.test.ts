import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFrame } from '../../../src/runtimes/process/frame.ts'
import { FrameReader } from '../../../src/runtimes/process/frame-reader.ts'
import { textOf } from '../../support/pages.ts'
import { goldenFrames } from './golden-frames.ts'

const committed = JSON.parse(textOf('python/tests/golden_frames.json')) as readonly { readonly name: string; readonly hex: string }[]

test('the committed frames of the worker protocol are what the server writes and reads', () => {
  assert.equal(committed.length, goldenFrames.length)
  for (const [at, { name, message, tensors }] of goldenFrames.entries()) {
    const { hex } = committed[at]!
    assert.equal(Buffer.from(encodeFrame({ message, tensors })).toString('hex'), hex, name)
    assert.deepEqual(new FrameReader().push(Buffer.from(hex, 'hex')), [{ message, tensors }], name)
  }
})
