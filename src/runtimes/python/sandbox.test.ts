import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bubblewrapOrSkip } from '../../../test/support/bubblewrap.ts'
import { pythonOrSkip } from '../../../test/support/python.ts'
import { boxed, type Openings, workingBubblewrap } from './sandbox.ts'

const nothing: Openings = { readable: [], devices: [] }

test('devices are opened in the box once it has its own /dev, which has none of them', () => {
  const { args } = boxed(
    { file: '/bin/true', args: [], env: {} },
    { file: '/usr/bin/bwrap', canBound: true },
    { readable: ['/'], devices: ['/dev/nvidia0', '/dev/nvidiactl'] },
  )
  const at = args.indexOf('--dev')
  assert.ok(at > 0)
  const opened = ['--dev-bind-try', '/dev/nvidia0', '/dev/nvidia0', '--dev-bind-try', '/dev/nvidiactl', '/dev/nvidiactl']
  const first = args.indexOf('--dev-bind-try')
  assert.deepEqual(args.slice(first, first + opened.length), opened)
  assert.ok(first > at)
})

test('a bubblewrap that cannot bound files in memory makes a box all the same', async (t) => {
  if (!(await bubblewrapOrSkip(t))) return
  const bubblewrap = (await workingBubblewrap()) ?? assert.fail('it works no more')
  const { file, args } = boxed({ file: '/bin/sh', args: ['-c', 'echo x > /tmp/x && cat /tmp/x'], env: {} }, { ...bubblewrap, canBound: false }, nothing)
  assert.ok(!args.includes('--size'))
  assert.equal(execFileSync(file, args, { encoding: 'utf8', env: {} }), 'x\n')
})

const listing = `
import json, os, sys
print(json.dumps([sys.prefix, sorted(os.listdir(sys.argv[1]))]))
`

test('of a Python that lies beside what is no business of a model, the box shows its programs and libraries alone', async (t) => {
  const python = pythonOrSkip(t, [])
  if (python === undefined || !(await bubblewrapOrSkip(t))) return
  const folder = mkdtempSync(join(tmpdir(), 'presage-box-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const look = (file: string): unknown => {
    const command = boxed({ file, args: ['-c', listing, folder], env: {} }, bubblewrap, nothing)
    return JSON.parse(execFileSync(command.file, command.args, { encoding: 'utf8', env: {} }))
  }
  const bubblewrap = (await workingBubblewrap()) ?? assert.fail('it works no more')
  execFileSync(python, ['-m', 'venv', '--without-pip', folder])
  mkdirSync(join(folder, 'var'))
  writeFileSync(join(folder, 'var', 'admin.key'), 'secret')
  assert.deepEqual(look(join(folder, 'bin', 'python')), [folder, ['bin', 'lib', 'lib64', 'pyvenv.cfg']])
  symlinkSync(join(folder, 'bin', 'python'), join(folder, 'python'))
  assert.deepEqual((look(join(folder, 'python')) as unknown[])[1], ['python'])
})
