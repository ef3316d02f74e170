import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { Launcher } from '../processes/launcher.ts'
import { systemClock } from '../system.ts'
import type { ProcessEvent } from './process/process-event.ts'
import { reporting } from './process-report.ts'

/** What is told, counted and passed on of some events of a model's processes. */
function reported(...events: readonly ProcessEvent[]) {
  const told: string[] = []
  const heard: ProcessEvent[] = []
  const counts: Record<string, number> = {}
  const counter = (name: string, { model = '', reason = '' } = {}) => {
    const series = `${name} ${model} ${reason}`
    counts[series] ??= 0
    return { add: () => void (counts[series] = (counts[series] ?? 0) + 1) }
  }
  const deps = { launcher: new Launcher(), clock: systemClock, random: () => 0, log: () => {}, meter: { ...noMeter, counter } }
  const { onEvent } = reporting({ ...deps, warn: (message) => told.push(message), onEvent: (event) => heard.push(event) }, { name: 'rule', version: '1.0.0' })
  for (const event of events) onEvent?.(event)
  return { told, heard, counts: Object.entries(counts).map(([series, count]) => `${series} ${count}`) }
}

const ready = { kind: 'ready', pid: 2, startMs: 1 } as const
const ended = { kind: 'ended', pid: 1, reason: 'it exited with status 7', retryAfterMs: 24.5 } as const
const grown = { kind: 'recycled', pid: 1, cause: 'memory', reason: 'it has grown to 300 MiB' } as const
const worn = { kind: 'recycled', pid: 1, cause: 'calls', reason: 'it has answered 9 calls' } as const
const kept = { kind: 'kept', cause: 'calls', reason: 'it has answered 9 calls', failure: 'Not today', retryAfterMs: 50 } as const

test('what ends, grows too large or cannot be replaced is told with the model, its version and why', () => {
  assert.deepEqual(reported(ready, ended, grown, worn, kept).told, [
    'rule 1.0.0: its inference process ended (it exited with status 7) and is started again in 25 ms',
    'rule 1.0.0: a fresh inference process took the place of one: it has grown to 300 MiB',
    'rule 1.0.0: its inference process stays, although it has answered 9 calls: none can take its place (Not today); the next is tried after 50 ms',
  ])
})

test('processes that were to be started in place of others are counted by why, from zero on, and who listens already hears of all as before', () => {
  const counted = (...counts: readonly number[]) => ['ended', 'calls', 'memory'].map((why, at) => `model_process_restarts_total rule ${why} ${counts[at]}`)
  assert.deepEqual(reported().counts, counted(0, 0, 0))
  const { counts, heard } = reported(ready, ended, ended, worn, kept, grown)
  assert.deepEqual(counts, counted(2, 2, 1))
  assert.deepEqual(heard, [ready, ended, ended, worn, kept, grown])
})
