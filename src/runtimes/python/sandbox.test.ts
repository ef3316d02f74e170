import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxed } from './sandbox.ts'

test('devices are opened in the box once it has its own /dev, which has none of them', () => {
  const { args } = boxed({ file: '/bin/true', args: [], env: {} }, '/usr/bin/bwrap', { readable: ['/'], devices: ['/dev/nvidia0', '/dev/nvidiactl'] })
  const at = args.indexOf('--dev')
  assert.ok(at > 0)
  const opened = ['--dev-bind-try', '/dev/nvidia0', '/dev/nvidia0', '--dev-bind-try', '/dev/nvidiactl', '/dev/nvidiactl']
  const first = args.indexOf('--dev-bind-try')
  assert.deepEqual(args.slice(first, first + opened.length), opened)
  assert.ok(first > at)
})
