import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Meter } from '../contracts/meter.ts'
import { DayLog } from './day-log.ts'
import { openRecords } from './record-log.ts'

const root = mkdtempSync(join(tmpdir(), 'day-log-'))
after(() => rmSync(root, { recursive: true }))
const day = 86_400_000
const midnight = Date.UTC(2024, 0, 2)
let folders = 0

function makeLog({ maxBytes = 1_000_000, folder = join(root, String(++folders)) } = {}) {
  const time = { now: midnight - 1_000, monotonic: 0 }
  const counts: Record<string, number> = {}
  const meter: Meter = {
    counter: (_name, labels = {}) => ({ add: (by = 1) => void (counts[labels['why'] ?? ''] = (counts[labels['why'] ?? ''] ?? 0) + by) }),
    histogram: () => ({ observe() {} }),
    gauge: () => ({ set: (value) => void (counts['failed'] = value) }),
  }
  const log = new DayLog({ folder, kind: 'ticks', maxBytes, clock: { now: () => time.now, monotonic: () => time.monotonic }, meter })
  const files = (): string[] => readdirSync(folder).toSorted()
  const read = (): string[] => files().flatMap((name) => [...(openRecords(join(folder, name)) ?? [])].map(({ payload }) => payload.toString()))
  return { log, time, counts, folder, files, read }
}

test('records go to the file of their day, which goes on for three minutes after it, and survive without an end', () => {
  const { log, time, files, read } = makeLog()
  log.append(Buffer.from('one'), 1)
  time.now = midnight + 179_999
  log.append(Buffer.from('two'), 1)
  time.now += 1
  log.append(Buffer.from('three'), 1)
  assert.deepEqual(
    files().map((name) => name.slice(0, 16)),
    ['ticks-2024-01-01', 'ticks-2024-01-02'],
  )
  assert.deepEqual(read(), ['one', 'two', 'three'])
})

test('a process begins a file of its own, beside those of the one before', async () => {
  const first = makeLog()
  first.log.append(Buffer.from('one'), 1)
  const second = makeLog({ folder: first.folder })
  second.time.now += 5
  second.log.append(Buffer.from('two'), 1)
  await second.log.close()
  assert.deepEqual([first.files().length, first.read()], [2, ['one', 'two']])
})

test('what does not fit is counted and not kept, until room is there again', () => {
  const { log, time, counts, read, folder } = makeLog({ maxBytes: 150 })
  log.append(Buffer.alloc(100, 'a'), 10)
  log.append(Buffer.alloc(100, 'b'), 20)
  log.append(Buffer.from('fits, but not now'), 30)
  assert.deepEqual([counts, log.loss], [{ failed: 1, full: 50 }, 'full'])
  time.monotonic += 60_000
  log.append(Buffer.alloc(100, 'c'), 5)
  assert.equal(counts['full'], 55)
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  time.monotonic += 60_000
  time.now += day
  log.append(Buffer.alloc(100, 'd'), 1)
  assert.deepEqual([counts, log.loss, read()], [{ failed: 0, full: 55 }, undefined, ['d'.repeat(100)]])
})

test('a folder that cannot be written loses rows by count and throws nothing; a minute later it is tried again', () => {
  const folder = join(root, 'file')
  writeFileSync(folder, 'in the way')
  chmodSync(folder, 0o400)
  const { log, time, counts, read } = makeLog({ folder })
  log.append(Buffer.from('lost'), 3)
  log.append(Buffer.from('lost too'), 4)
  assert.deepEqual(counts, { failed: 1, unwritable: 7 })
  rmSync(folder)
  time.monotonic += 60_000
  log.append(Buffer.from('kept'), 1)
  assert.deepEqual([counts, read()], [{ failed: 0, unwritable: 7 }, ['kept']])
})
