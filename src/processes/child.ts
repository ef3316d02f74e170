import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { channelFd, type LaunchOrder, type LaunchReport } from './launch-message.ts'
import { captureLines } from './output-lines.ts'

// The entry of the process that starts others; launcher.ts starts it. What it holds of them, their standard input above all, closes when it ends, and they end with it.

const running = new Map<number, ChildProcess>()
const clock = { now: Date.now, monotonic: () => performance.now() }

function report(message: LaunchReport, channel?: Socket): void {
  if (process.connected) process.send?.(message, channel)
}

function start(id: number, { file, args, env }: NonNullable<LaunchOrder['command']>): void {
  const child = spawn(file, args, { cwd: '/', env: { ...env }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  child.on('error', ({ message }) => {
    if (child.pid === undefined) report({ id, kind: 'failed', how: message })
  })
  if (child.pid === undefined) return
  running.set(id, child)
  child.on('exit', (code, signal) => {
    running.delete(id)
    report({ id, kind: 'ended', how: signal === null ? `it exited with status ${code}` : `signal ${signal} ended it` })
  })
  // Nothing is lost by handing the channel on: a process says nothing on it before it was asked something.
  report({ id, kind: 'started', pid: child.pid }, child.stdio[channelFd] as Socket)
  child.stdin.on('error', () => {})
  const silent = (['stdout', 'stderr'] as const).map((stream) => {
    captureLines(stream, child[stream], { clock, log: (print) => report({ id, kind: 'printed', print }) })
    return once(child[stream], 'close')
  })
  void Promise.allSettled(silent).then(() => report({ id, kind: 'silent' }))
}

process.on('message', ({ id, command }: LaunchOrder) => {
  if (command !== undefined) return start(id, command)
  running.get(id)?.kill('SIGKILL')
  report({ id, kind: 'killed' })
})
process.on('disconnect', () => process.exit(0))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
