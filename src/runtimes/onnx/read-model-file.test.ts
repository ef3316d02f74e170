import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readModelFile } from './read-model-file.ts'

let folder: string
let path: string
const bytes = Uint8Array.from({ length: 300_001 }, (_, at) => (at * 31) % 251)

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'presage-model-file-'))
  path = join(folder, 'model.onnx')
})
after(() => rmSync(folder, { recursive: true }))

test('a file of many pieces is read as it is, with a turn for others after each', async () => {
  writeFileSync(path, bytes)
  let turns = 0
  const file = await readModelFile(path, async () => (turns += 1))
  assert.deepEqual(file.bytes, bytes)
  assert.equal(file.sha256, createHash('sha256').update(bytes).digest('hex'))
  assert.equal(turns, Math.ceil(bytes.length / 65_536))
})

test('a file that becomes shorter while it is read is refused', async () => {
  writeFileSync(path, bytes)
  const shorten = async () => truncateSync(path, 1)
  await assert.rejects(readModelFile(path, shorten), { code: 'model_verification_failed', message: /became shorter/ })
})
