import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ownProcessorMs, processesBelow, processorMs } from './process-tree.ts'
import { ProcessorShare } from './processor-share.ts'

const linux = process.platform !== 'linux' && 'processes are looked at in /proc'

test('a process that computes has its share, also where one below it does, and one that is stopped has none', { skip: linux, timeout: 60_000 }, async (t) => {
  const { pid = 0 } = spawn('/bin/sh', ['-c', '"$0" -e "for (;;);"; true', process.execPath])
  const share = new ProcessorShare(() => pid)
  t.after(() => [...processesBelow(pid)].map((each) => process.kill(each, 'SIGKILL')))
  while (processorMs(pid)! < 250) await setImmediate()
  assert.equal(share.isStarved(1_000), false)
  for (const each of processesBelow(pid)) process.kill(each, 'SIGSTOP')
  share.isStarved(1_000)
  assert.equal(share.isStarved(1_000), true)
})

test('of a process that waits for one below it the own share is nothing', { skip: linux, timeout: 60_000 }, async (t) => {
  const { pid = 0 } = spawn('/bin/sh', ['-c', '"$0" -e "for (;;);"; true', process.execPath])
  t.after(() => [...processesBelow(pid)].map((each) => process.kill(each, 'SIGKILL')))
  const [own, whole] = [new ProcessorShare(() => pid, ownProcessorMs), new ProcessorShare(() => pid)]
  while (processorMs(pid)! < 250) await setImmediate()
  assert.deepEqual([own.isStarved(1_000), whole.isStarved(1_000)], [true, false])
})

test('one that does not run yet has nothing, and of one that has ended nobody tells', () => {
  assert.equal(new ProcessorShare(() => undefined).isStarved(1_000), true)
  assert.equal(new ProcessorShare(() => 2 ** 22 + 1).isStarved(1_000), false)
})
