import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readElsewhere, readHere, readModelFile, type ReadPiece } from './read-model-file.ts'

let folder: string
let path: string
const bytes = Uint8Array.from({ length: 300_001 }, (_, at) => (at * 31) % 251)
const pieces = Math.ceil(bytes.length / 65_536)

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'presage-model-file-'))
  path = join(folder, 'model.onnx')
})
after(() => rmSync(folder, { recursive: true }))

for (const [where, read] of Object.entries({ here: readHere, elsewhere: readElsewhere }))
  test(`a file of many pieces is read ${where} as it is, and others have their turn meanwhile`, async () => {
    writeFileSync(path, bytes)
    let turns = 0
    const count = (): void => void ((turns += 1), (next = setImmediate(count)))
    let next = setImmediate(count)
    const atPiece: number[] = []
    const file = await readModelFile(path, (from, piece) => (atPiece.push(turns), read(from, piece)))
    clearImmediate(next)
    assert.deepEqual(file.bytes, bytes)
    assert.equal(file.sha256, createHash('sha256').update(bytes).digest('hex'))
    assert.equal(new Set(atPiece).size, pieces, `turns before each piece: ${atPiece.join(', ')}`)
  })

test('no more than 64 KiB are asked for at once', async () => {
  writeFileSync(path, bytes)
  const asked: number[] = []
  await readModelFile(path, (file, piece) => (asked.push(piece.length), readHere(file, piece)))
  assert.deepEqual([asked.length, Math.max(...asked)], [pieces, 65_536])
})

test('a file that becomes shorter while it is read is refused', async () => {
  writeFileSync(path, bytes)
  const shorten: ReadPiece = async (file, piece) => {
    const read = await readHere(file, piece)
    truncateSync(path, 1)
    return read
  }
  await assert.rejects(readModelFile(path, shorten), { code: 'model_verification_failed', message: /became shorter/ })
})
