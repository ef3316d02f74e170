import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtInCalendars } from '../../calendars/calendars.ts'
import { everyPeriod } from '../../calendars/periods.ts'
import type { BarRow } from '../feed-message.ts'
import { ClosedBars } from './closed-bars.ts'

const barMs = 60_000
const start = 1_700_000_040_000 - (1_700_000_040_000 % barMs)
const at = (n: number): number => start + n * barMs
/** State number `state` of the nth bar. */
const row = (n: number, state = 9): BarRow => [at(n), 100 + n, 110 + n, 90 + n, 100 + n + state / 10, 10 * state]
const make = (next = 0): ClosedBars => new ClosedBars({ periods: everyPeriod(barMs), barMs, next: at(next) })
const numbers = (rows: readonly BarRow[] | undefined): number[] | undefined => rows?.map(([openTime]) => (openTime - start) / barMs)

test('a bar is closed when the next one begins, in its last state', () => {
  const bars = make()
  assert.deepEqual(bars.live(row(0, 1), false), [])
  assert.deepEqual(bars.live(row(0, 5), false), [])
  assert.deepEqual(bars.live(row(1, 1), false), [row(0, 5)])
  assert.equal(bars.next, at(1))
  assert.equal(bars.lacks, false)
})

test('a bar is closed when the exchange says so, once; forming states that come later are nothing', () => {
  const bars = make()
  assert.deepEqual(bars.live(row(0), true), [row(0)])
  assert.equal(bars.live(row(0), true), undefined)
  assert.equal(bars.live(row(0, 3), false), undefined)
  assert.deepEqual(bars.live(row(1, 1), false), [])
  assert.equal(bars.live(row(0, 3), false), undefined)
})

test('the exchange’s word that comes after the next bar has begun is handed on: the store knows whether it changes anything', () => {
  const bars = make()
  bars.live(row(0, 8), false)
  assert.deepEqual(bars.live(row(1, 1), false), [row(0, 8)])
  assert.deepEqual(bars.live(row(0, 9), true), [row(0, 9)])
})

test('what was forming before an interruption is never taken for a closed bar', () => {
  const bars = make()
  bars.live(row(0, 2), false)
  bars.interrupt()
  assert.deepEqual(bars.live(row(1, 1), false), [])
  assert.equal(bars.lacks, true)
  assert.deepEqual(numbers(bars.filled([row(0), row(1, 1)], bars.newest).bars), [0])
  assert.equal(bars.lacks, false)
})

test('of an answer the last bar is closed only if a later one had been seen before the question', () => {
  assert.deepEqual(numbers(make().filled([row(0), row(1)], -Infinity).bars), [0])
  const asked = make()
  asked.live(row(2, 1), false)
  assert.deepEqual(numbers(asked.filled([row(0), row(1)], asked.newest).bars), [0, 1])
})

test('a later bar that is seen while the question is on its way does not make an old answer true', () => {
  const bars = make()
  const asked = bars.newest
  bars.live(row(0, 5), false)
  bars.live(row(1, 1), false)
  assert.deepEqual(numbers(bars.filled([row(0, 2)], asked).bars), [])
})

test('periods that the exchange leaves out between two bars of one answer are empty, those outside are not known', () => {
  const { bars, emptied } = make().filled([row(1), row(4), row(6, 1)], -Infinity)
  assert.deepEqual(numbers(bars), [1, 2, 3, 4, 5])
  assert.equal(emptied, 3)
  const close = row(1)[4]
  assert.deepEqual(bars[1], [at(2), close, close, close, close, 0])
})

test('bars before the first that the exchange still has are given up', () => {
  const bars = make()
  bars.live(row(9, 1), false)
  bars.filled([row(5), row(6), row(7), row(8)], bars.newest)
  assert.equal(bars.next, at(9))
  assert.equal(bars.lacks, false)
})

test('bars that were delivered to nobody are delivered again', () => {
  const bars = make()
  for (const n of [0, 1, 2]) bars.live(row(n), true)
  bars.live(row(3, 1), false)
  bars.beginAt(at(1))
  assert.deepEqual([bars.next, bars.lacks], [at(1), true])
  const { bars: again, known } = bars.filled([row(0), row(1), row(2), row(3, 1)], bars.newest)
  assert.deepEqual([numbers(again), known, bars.next], [[0, 1, 2], 1, at(3)])
})

test('a stream that fell behind an answer does not overwrite the bars of that answer', () => {
  const bars = make()
  bars.live(row(0, 3), false)
  bars.filled([row(0), row(1), row(2, 1)], bars.newest)
  assert.deepEqual(bars.live(row(2, 2), false), [])
  assert.deepEqual(numbers(bars.live(row(3, 1), false)), [2])
})

test('for every order of interruptions, duplicates, late words and answers, only final states are closed and in the end none is missing', () => {
  const event = fc.constantFrom('update', 'next', 'closed', 'lost', 'again', 'answer')
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const bars = make()
      const seen = new Set<number>()
      let [n, state] = [0, 0]
      const take = (rows: readonly BarRow[] | undefined): void => {
        for (const bar of rows ?? []) {
          const i = (bar[0] - start) / barMs
          assert.deepEqual(bar, row(i))
          seen.add(i)
        }
      }
      const answer = (): void => take(bars.filled([...Array.from({ length: n }, (_, i) => row(i)), row(n, state)], bars.newest).bars)
      const end = (saidClosed: boolean): void => {
        // The last state of a bar is its final one; an exchange without a word for `closed` shows it as any other.
        take(bars.live(row(n), saidClosed))
        ;[n, state] = [n + 1, 0]
      }
      const lose = (): void => {
        bars.interrupt()
        ;[n, state] = [n + 2, 0]
      }
      const run = {
        update: () => take(bars.live(row(n, (state = Math.min(8, state + 1))), false)),
        next: () => end(false),
        closed: () => end(true),
        lost: lose,
        again: () => take(n > 0 ? bars.live(row(n - 1), true) : []),
        answer,
      }
      for (const what of events) run[what]()
      take(bars.live(row(n, 1), false))
      answer()
      assert.deepEqual(
        [...seen].toSorted((a, b) => a - b),
        Array.from({ length: n }, (_, i) => i),
      )
    }),
  )
})

test('with sessions the last bar of one is followed by the first of the next: nothing is missing between them, and nothing is empty', () => {
  const time = (text: string): number => Date.parse(`${text}Z`)
  const periods = builtInCalendars.periods('XNYS', '1m')
  const bars = new ClosedBars({ periods, barMs, next: time('2024-07-03T16:58') })
  const bar = (text: string, close = 9): BarRow => [time(text), 9, 9, 9, close, 1]
  bars.live(bar('2024-07-03T16:59', 5), false)
  // The session has been over for a while when the question is put, so what the answer has is final and what the stream last showed is not.
  const asked = periods.nextOpen(time('2024-07-03T17:01'))
  const answer = bars.filled([bar('2024-07-03T16:58'), bar('2024-07-03T16:59')], asked)
  assert.deepEqual([answer.bars.length, answer.emptied, bars.next, bars.lacks], [2, 0, time('2024-07-05T13:30'), false])
  assert.deepEqual(bars.live(bar('2024-07-05T13:30', 3), false), [])
  assert.deepEqual(bars.live(bar('2024-07-05T13:31', 3), false), [bar('2024-07-05T13:30', 3)])
  const over = new ClosedBars({ periods, barMs, next: time('2024-07-03T16:58') })
  assert.equal(over.filled([bar('2024-07-03T16:58'), bar('2024-07-05T13:32')], -Infinity).emptied, 3)
})
