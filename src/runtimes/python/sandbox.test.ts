import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxed } from './sandbox.ts'

test('devices are opened in the box once it has its own /dev, which has none of them', () => {
  const { args } = boxed({ file: '/bin/true', args: [], env: {} }, '/usr/bin/bwrap', { readable: ['/'], devices: ['/dev/nvidia0', '/dev/nvidiactl'] })
  const at = args.indexOf('--dev')
  assert.ok(at > 0)
  const opened = ['--dev-bind', '/dev/nvidia0', '/dev/nvidia0', '--dev-bind', '/dev/nvidiactl', '/dev/nvidiactl']
  assert.deepEqual(args.slice(args.indexOf('--dev-bind'), args.indexOf('--dev-bind') + opened.length), opened)
  assert.ok(args.indexOf('--dev-bind') > at)
})
