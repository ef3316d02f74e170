import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WaitLines } from './wait-lines.ts'

function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const said: string[] = []
  const waits = new WaitLines({ write: (text) => said.push(text) })
  const after = (seconds: number): string[] => {
    t.mock.timers.tick(seconds * 1000)
    return said.splice(0)
  }
  return { waits, after }
}
const loads = (seconds: number): string => `waiting for ${seconds} s: the model loads (Ctrl-C ends it)\n`

test('what takes seconds is said after five, and then ever more rarely', (t) => {
  const { waits, after } = watched(t)
  waits.enter('warming')
  assert.deepEqual([after(4), after(1), after(5), after(9), after(1), after(20)], [[], [loads(5)], [loads(10)], [], [loads(20)], [loads(40)]])
})

test('a new step is waited for anew, and nothing is said of what is quick or over', (t) => {
  const { waits, after } = watched(t)
  waits.enter('loading')
  assert.deepEqual(after(4), [])
  waits.enter('verifying')
  assert.deepEqual([after(4), after(1)], [[], ['waiting for 5 s: the model answers golden rows (Ctrl-C ends it)\n']])
  waits.end()
  assert.deepEqual(after(100), [])
})
