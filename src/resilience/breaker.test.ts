import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Breaker, type BreakerState, type Outcome } from './breaker.ts'

const limits = { sliceMs: 100, slices: 5, leastCalls: 4, failureShare: 0.5, open: { baseMs: 200, capMs: 800 }, steadyMs: 2_000, mostProbes: 4 }

function makeBreaker() {
  let now = 0
  const states: BreakerState[] = []
  const clock = { now: () => 0, monotonic: () => now }
  // Chance 1 is the longest wait: the waits are then whole.
  const breaker = new Breaker({ name: 'The server x', clock, random: () => 1, limits, onChange: (state) => states.push(state) })
  const wait = (ms: number): void => void (now += ms)
  const call = (...outcomes: readonly Outcome[]): void => outcomes.forEach((outcome) => breaker.enter()(outcome))
  return { breaker, wait, call, states }
}

const refused = { name: 'ServingError', code: 'circuit_open' }

test('a circuit opens when half of enough calls failed, says when to come back, and closes over one, two and four calls that succeed', () => {
  const { breaker, wait, call, states } = makeBreaker()
  call('failure', 'failure', 'success')
  assert.equal(breaker.state, 'closed')
  call('success')
  assert.throws(
    () => breaker.enter(),
    (error: { code: string; retryAfterMs: number; message: string }) => {
      assert.match(error.message, /^The server x failed too often.*200 ms/)
      return error.code === 'circuit_open' && error.retryAfterMs === 200
    },
  )
  wait(200)
  for (const probes of [1, 2, 4]) {
    const settle = Array.from({ length: probes }, () => breaker.enter())
    assert.throws(() => breaker.enter(), refused)
    for (const each of settle) each('success')
  }
  assert.deepEqual(states, ['open', 'half-open', 'closed'])
})

test('a probe that fails opens it again for twice as long; after a steady time the waits begin anew', () => {
  const { breaker, wait, call } = makeBreaker()
  const fail = (): void => call(...Array.from({ length: 4 }, () => 'failure' as const))
  const openFor = (): number => {
    try {
      breaker.enter()('neutral')
    } catch (error) {
      return (error as { retryAfterMs: number }).retryAfterMs
    }
    return 0
  }
  const recover = (): void => call(...Array.from({ length: 7 }, () => 'success' as const))
  const waits: number[] = []
  const note = (): void => {
    waits.push(openFor())
    wait(openFor())
  }
  fail()
  note()
  call('failure')
  note()
  recover()
  fail()
  note()
  recover()
  wait(2_000)
  fail()
  note()
  assert.deepEqual(waits, [200, 400, 800, 200])
})

test('failures that lie far apart, and calls that say nothing, never open it', () => {
  const { breaker, wait, call } = makeBreaker()
  for (let i = 0; i < 50; i += 1) {
    call('failure', 'neutral', 'neutral')
    wait(200)
  }
  assert.equal(breaker.state, 'closed')
})

test('news of calls that entered before the circuit opened changes nothing any more', () => {
  const { breaker, wait, call } = makeBreaker()
  const early = [breaker.enter(), breaker.enter()]
  call('failure', 'failure', 'failure', 'failure')
  wait(200)
  const probe = breaker.enter()
  early[0]?.('failure')
  early[1]?.('success')
  assert.equal(breaker.state, 'half-open')
  probe('success')
  call('success', 'success')
  assert.equal(breaker.state, 'half-open')
})

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'enter' }
  | { readonly kind: 'settle'; readonly which: number; readonly outcome: Outcome }
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'neutral')
const wait = fc.constantFrom(1, 30, 99, 100, 200, 450, 800, 2_000).map((ms): Step => ({ kind: 'wait', ms }))
const enter = fc.constant<Step>({ kind: 'enter' })
const settle = fc.record({ kind: fc.constant('settle' as const), which: fc.nat(5), outcome })
/** Calls that come and go one after the other and end alike: without them no course would get far. */
const series = fc
  .tuple(fc.integer({ min: 1, max: 8 }), outcome)
  .map(([calls, how]) => Array.from({ length: calls }, (): Step[] => [{ kind: 'enter' }, { kind: 'settle', which: -1, outcome: how }]).flat())
const course = fc
  .array(
    fc.oneof(
      wait.map((one) => [one]),
      enter.map((one) => [one]),
      settle.map((one) => [one]),
      series,
    ),
    { maxLength: 60, size: 'max' },
  )
  .map((parts) => parts.flat())

/** The same rules told as a history: nothing is remembered but what happened since the last change of state. */
class Reference {
  at: BreakerState = 'closed'
  phase = 0
  #since = 0
  #until = 0
  #opens = 0
  #stage = 1
  #entered = 0
  #history: { readonly at: number; readonly outcome: Outcome }[] = []
  #change(at: BreakerState, now: number): void {
    this.at = at
    this.phase += 1
    this.#since = now
    this.#history = []
    this.#entered = 0
  }
  enter(now: number): number | undefined {
    if (this.at === 'open' && now >= this.#until) {
      this.#change('half-open', now)
      this.#stage = 1
    }
    const neutral = this.#history.filter(({ outcome }) => outcome === 'neutral').length
    if (this.at === 'open' || (this.at === 'half-open' && this.#entered - neutral >= this.#stage)) return undefined
    this.#entered += 1
    return this.phase
  }
  #open(opens: number, now: number): void {
    this.#opens = opens
    this.#change('open', now)
    this.#until = now + Math.min(800, 200 * 2 ** (opens - 1))
  }
  settle(phase: number, outcome: Outcome, now: number): void {
    if (phase !== this.phase) return
    this.#history.push({ at: now, outcome })
    const seen = this.#history.filter(
      ({ at, outcome: how }) => how !== 'neutral' && (this.at === 'half-open' || Math.floor(at / 100) > Math.floor(now / 100) - 5),
    )
    const failures = seen.filter(({ outcome: how }) => how === 'failure').length
    if (this.at === 'half-open') {
      if (failures > 0) return this.#open(this.#opens + 1, now)
      if (seen.length < this.#stage) return
      this.#change(this.#stage === 4 ? 'closed' : 'half-open', now)
      this.#stage *= 2
    } else if (outcome !== 'neutral' && seen.length >= 4 && failures >= seen.length / 2) this.#open(now - this.#since < 2_000 ? this.#opens + 1 : 1, now)
  }
}

test('for any course of calls and waits it lets through exactly what its rules say', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(course, (steps) => {
      const { breaker, wait } = makeBreaker()
      const reference = new Reference()
      const running: { readonly settle: (outcome: Outcome) => void; readonly phase: number }[] = []
      let now = 0
      for (const each of steps) {
        if (each.kind === 'wait') {
          wait(each.ms)
          now += each.ms
        } else if (each.kind === 'enter') {
          const phase = reference.enter(now)
          if (phase === undefined) assert.throws(() => breaker.enter(), refused)
          else running.push({ settle: breaker.enter(), phase })
        } else {
          const [call] = running.splice(each.which, 1)
          call?.settle(each.outcome)
          if (call) reference.settle(call.phase, each.outcome, now)
        }
        assert.equal(breaker.state, reference.at)
        reached.add(`${reference.at} ${Math.min(reference.phase, 6)}`)
      }
    }),
    { numRuns: 2_000 },
  )
  assert.ok(reached.has('closed 5') || reached.has('closed 6'), 'some course must go all the way round')
})
