import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Readable, Writable } from 'node:stream'
import type { Command } from './command.ts'
import { endGroup, endTree } from './end-processes.ts'
import { channelFd, type LaunchOrder, type LaunchReport } from './launch-message.ts'
import { leaveSignals } from './leave-signals.ts'
import { LoadingPriority } from './loading-priority.ts'
import { captureLines } from './output-lines.ts'
import { quietHelpers } from './quiet-helpers.ts'

// The entry of the process that starts others; launcher.ts starts it. It ends with the server, and ends them first; where it is killed, what it holds of them, their standard input above all, closes, and they end by that.

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const running = new Map<number, Child>()
const priority = new LoadingPriority()
priority.wakeUpQuietly()
quietHelpers(process.ppid)
let refusalIsTold = false
const refusal =
  'the process keeps the low priority that it loaded with, since the system does not let it be raised again: it needs CAP_SYS_NICE, or LimitNICE=+0 of systemd (ulimit nice=20 of Docker)'
const clock = { now: Date.now, monotonic: () => performance.now() }

function report(message: LaunchReport, channel?: Socket): void {
  if (process.connected) process.send?.(message, channel)
}

const spawnChild = ({ file, args, env }: Command): Child => spawn(file, args, { cwd: '/', env: { ...env }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })

function start({ id, command, isIdle }: Extract<LaunchOrder, { kind: 'start' }>): void {
  try {
    follow(id, priority.startBehind({ command, isIdle, spawn: spawnChild }))
  } catch (error) {
    // Some commands that the system refuses are told by an event, others, as a folder that is none, are thrown.
    report({ id, kind: 'failed', how: (error as Error).message })
  }
}

function follow(id: number, child: Child): void {
  child.on('error', ({ message }) => {
    if (child.pid === undefined) report({ id, kind: 'failed', how: message })
  })
  if (child.pid === undefined) return
  running.set(id, child)
  const { pid } = child
  child.on('exit', (code, signal) => {
    running.delete(id)
    endGroup(pid)
    report({ id, kind: 'ended', how: signal === null ? `it exited with status ${code}` : `signal ${signal} ended it` })
  })
  // Nothing is lost by handing the channel on: a process says nothing on it before it was asked something. Of one that closes it before its turn has come there is none to hand on.
  report({ id, kind: 'started', pid }, child.stdio[channelFd] as Socket)
  child.stdin.on('error', () => {})
  const silent = (['stdout', 'stderr'] as const).map((stream) => {
    captureLines(stream, child[stream], { clock, log: (print) => report({ id, kind: 'printed', print }) })
    return once(child[stream], 'close')
  })
  void Promise.allSettled(silent).then(() => report({ id, kind: 'silent' }))
}

function promote(id: number): void {
  const pid = running.get(id)?.pid
  const isRefused = pid !== undefined && !priority.raise(pid)
  report({ id, kind: 'promoted' })
  if (!isRefused || refusalIsTold) return
  refusalIsTold = true
  report({ id, kind: 'printed', print: { stream: 'stderr', line: refusal } })
}

process.on('message', (order: LaunchOrder) => {
  if (order.kind === 'start') return start(order)
  if (order.kind === 'promote') return promote(order.id)
  const pid = running.get(order.id)?.pid
  if (pid !== undefined) endTree(pid)
  report({ id: order.id, kind: 'killed' })
})
// Not by 'disconnect': Node keeps that back for ever while a channel is on its way to a server that is gone.
process.stdin.on('close', () => process.exit(0)).resume()
// A process that is frozen, or inside a computation, would not hear of its end.
process.on('exit', () => {
  for (const { pid } of running.values()) if (pid !== undefined) endTree(pid)
})
leaveSignals()
