import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInCalendars } from '../../calendars/calendars.ts'
import type { BarRow, FeedBatch } from '../feed-message.ts'
import { feedSettings } from '../feed-settings.ts'
import { BarStream } from './bar-stream.ts'
import type { CcxtExchange } from './ccxt-port.ts'
import { ExchangeLink } from './exchange-link.ts'
import { ExchangeSession } from './exchange-session.ts'
import { Outbox } from './outbox.ts'
import { Tally } from './tally.ts'

const at = (text: string): number => Date.parse(`${text}Z`)
const bar = (text: string): BarRow => [at(text), 9, 9, 9, 9, 1]

/** A stream of an exchange without web socket, at a moment, whose every answer is the same bars. */
function makeStream(now: string, next: string, answer: readonly BarRow[]) {
  const clock = { now: () => at(now), monotonic: () => 0 }
  const asked: number[] = []
  const exchange = { has: {}, fetchOHLCV: async (_symbol: string, _timeframe: string, since: number) => (asked.push(since), answer) } as unknown as CcxtExchange
  const tally = new Tally()
  const link = new ExchangeLink(exchange, { clock, tally })
  const batches: FeedBatch[] = []
  const outbox = new Outbox({ send: (batch) => void batches.push(batch), clock, dropped: () => undefined })
  const deps = { link, tally, clock, random: () => 0.5, wait: async () => undefined, outbox, periods: builtInCalendars.periods('XNYS', '1m') }
  const stream = new BarStream({ symbol: 'SPY/USD', timeframe: '1m', next: at(next) }, deps)
  const opens = () => batches.flatMap(({ bars }) => bars.flatMap(({ rows }) => rows.map(([open]) => new Date(open).toISOString().slice(0, 16))))
  return { stream, asked, opens, counts: () => tally.report().counts }
}

type Made = ReturnType<typeof makeStream>

test('the last bar of a session is closed once the session has been over for a while, and never before; other hours are left out', async () => {
  const answer = ['2024-07-03T16:58', '2024-07-03T16:59', '2024-07-03T17:00', '2024-07-03T17:01'].map(bar)
  const early = makeStream('2024-07-03T17:00:05', '2024-07-03T16:58', answer)
  await early.stream.catchUp()
  assert.deepEqual(early.opens(), ['2024-07-03T16:58'])
  const over = makeStream('2024-07-03T17:00:11', '2024-07-03T16:58', answer)
  await over.stream.catchUp()
  assert.deepEqual([over.opens(), over.counts().emptied], [['2024-07-03T16:58', '2024-07-03T16:59'], 0])
})

test('what follows a holiday is asked for from the bar before it on, and overnight nothing is asked', async () => {
  const { stream, asked } = makeStream('2024-07-05T13:30:30', '2024-07-05T13:30', [])
  await stream.catchUp()
  assert.deepEqual(asked, [at('2024-07-03T16:59')])
  const night = makeStream('2024-07-04T03:00:00', '2024-07-05T13:30', [])
  night.stream.tick(at('2024-07-04T03:00:00'))
  assert.deepEqual(night.asked, [])
})

test('an order to go on at an earlier bar is asked for from there on, also where a question was on its way', async () => {
  const answer = ['2024-07-02T13:58', '2024-07-02T13:59', '2024-07-02T14:00'].map(bar)
  const [free, busy] = [1, 2].map(() => makeStream('2024-07-02T14:00:30', '2024-07-02T13:59', answer)) as [Made, Made]
  await free.stream.catchUp()
  const asking = busy.stream.catchUp()
  for (const { stream } of [free, busy]) stream.goOn(at('2024-07-02T13:45'))
  await asking
  await new Promise(setImmediate)
  for (const { asked } of [free, busy]) assert.ok(asked.includes(at('2024-07-02T13:44')), asked.map((since) => new Date(since).toISOString()).join())
})

test('silence of an exchange that is closed ends no connection; that of one that has been open for a while does', () => {
  let now = at('2024-07-03T16:59:30')
  let ended = 0
  const client = { onError: () => void (ended += 1) }
  const exchange = { has: {}, clients: { one: client }, onConnected: () => undefined } as unknown as CcxtExchange
  const settings = feedSettings({ exchange: 'test', symbols: ['SPY/USD'], calendar: 'XNYS' })
  const clock = { now: () => now, monotonic: () => now }
  const session = new ExchangeSession(exchange, settings, {
    clock,
    random: () => 0.5,
    calendars: builtInCalendars,
    wait: async () => undefined,
    send: () => undefined,
  })
  exchange.onConnected(client as never)
  for (const text of ['2024-07-03T17:00:10', '2024-07-04T15:00:00', '2024-07-05T13:30:30']) {
    now = at(text)
    session.tick()
  }
  assert.equal(ended, 0)
  now = at('2024-07-05T13:31:01')
  session.tick()
  assert.equal(ended, 1)
})
