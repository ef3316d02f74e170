import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RecordLog } from './record-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'record-log-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
function makeFile(records: readonly string[]): { path: string; bytes: Buffer } {
  const path = join(folder, `${++files}.log`)
  const log = new RecordLog(path, () => assert.fail('a new file has no records'))
  for (const record of records) log.append(Buffer.from(record))
  log.close()
  return { path, bytes: readFileSync(path) }
}

function read(path: string): { records: string[]; lostBytes: number } {
  const records: string[] = []
  const log = new RecordLog(path, (payload) => records.push(payload.toString()))
  log.close()
  return { records, lostBytes: log.recovery.lostBytes }
}

const written = ['one', 'a second record', 'x', 'the last of them']

test('a log gives back what was appended, in order', () => {
  assert.deepEqual(read(makeFile(written).path), { records: written, lostBytes: 0 })
})

test('a file cut at any byte gives back the records before the cut, and takes new ones', () => {
  const { path, bytes } = makeFile(written)
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length))
    const { records } = read(path)
    assert.deepEqual(records, written.slice(0, records.length), `cut at ${length}`)
    assert.ok(length < bytes.length || records.length === written.length)
    const log = new RecordLog(path, () => {})
    log.append(Buffer.from('new'))
    log.close()
    assert.deepEqual(read(path), { records: [...records, 'new'], lostBytes: 0 })
  }
})

test('any byte that changes costs the record it is in and those behind it, never those before', () => {
  const { path, bytes } = makeFile(written)
  for (let at = 8; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] as number) ^ 0x10
    writeFileSync(path, damaged)
    const { records, lostBytes } = read(path)
    assert.deepEqual(records, written.slice(0, records.length))
    assert.ok(records.length < written.length && lostBytes > 0, `byte ${at} went unnoticed`)
  }
})

test('zeros at the end, as a file system leaves them after a power cut, are no records', () => {
  const { path } = makeFile(written)
  appendFileSync(path, Buffer.alloc(4096))
  assert.deepEqual(read(path), { records: written, lostBytes: 4096 })
})

test('what was cut off is kept beside the file', () => {
  const { path } = makeFile(written)
  appendFileSync(path, 'not a record')
  read(path)
  assert.equal(readFileSync(`${path}.lost`, 'utf8'), 'not a record')
})

test('a file of another kind is refused, not overwritten', () => {
  const path = join(folder, 'other.log')
  writeFileSync(path, 'somebody else wrote this')
  assert.throws(() => new RecordLog(path, () => {}), /not a log of this program/)
  assert.equal(readFileSync(path, 'utf8'), 'somebody else wrote this')
})

test('rewriting replaces all records, and appending goes on behind them', () => {
  const { path } = makeFile(written)
  const log = new RecordLog(path, () => {})
  log.rewrite([Buffer.from('compact')])
  log.append(Buffer.from('after'))
  assert.equal(log.bytes, readFileSync(path).length)
  log.close()
  assert.deepEqual(read(path).records, ['compact', 'after'])
})

test('a header that was cut short begins the file anew', () => {
  const { path } = makeFile(written)
  truncateSync(path, 3)
  assert.deepEqual(read(path).records, [])
  assert.deepEqual(read(path), { records: [], lostBytes: 0 })
})

test('a disk that does not take the new file leaves the old one, which goes on', () => {
  const { path } = makeFile(['a', 'b'])
  const log = new RecordLog(path, () => {})
  const full = function* (): Generator<Uint8Array> {
    yield Buffer.from('compact')
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
  }
  assert.equal(log.rewrite(full(), `${path}.old`), false)
  assert.deepEqual([existsSync(`${path}.new`), existsSync(`${path}.old`)], [false, false])
  log.append(Buffer.from('c'))
  log.close()
  assert.deepEqual(read(path).records, ['a', 'b', 'c'])
})
