import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingError } from '../contracts/error.ts'
import type { IngestReport } from '../contracts/bar.ts'
import { Delivery } from './delivery.ts'
import type { FeedBatch } from './feed-message.ts'

const symbol = 'BTC/USDT'
const lease = 10_000
const report: IngestReport = { accepted: 1, unchanged: 0, revised: 0, quarantined: [] }
const batch: FeedBatch = { batch: 1, bars: [{ symbol, timeframe: '1m', rows: [[0, 1, 1, 1, 1, 1]] }], trades: [], books: [] }

/** A delivery to a market that refuses with an error as long as there is one. */
function makeDelivery(refusal: Error | undefined) {
  const time = { now: 0 }
  const market = { refusal, asked: 0 }
  const taken: string[] = []
  let refusedRows = 0
  const answer = async <Answer>(value: Answer): Promise<Answer> => {
    market.asked += 1
    if (market.refusal) throw market.refusal
    return value
  }
  const delivery = new Delivery({
    market: { ingest: () => answer(report) },
    flow: { trades: () => answer({ accepted: 0, unchanged: 0, late: 0, quarantined: 0, refused: [] }), books: () => answer(undefined as never) },
    calendar: 'continuous',
    clock: { now: () => time.now, monotonic: () => time.now },
    meter: { add: (_name, rows) => void (refusedRows += rows) },
    taken: (one) => void taken.push(one),
  })
  return { delivery, market, time, taken, refusedRows: () => refusedRows }
}
const elsewhere = new ServingError('not_the_writer', 'BTC/USDT is written by a', { retryAfterMs: lease })
const turn = () => new Promise(setImmediate)

test('rows of a symbol that another replica writes are left to it, without asking for each and without an alarm', async () => {
  const { delivery, market, refusedRows } = makeDelivery(elsewhere)
  await delivery.take(batch)
  assert.equal(delivery.take(batch), undefined)
  assert.deepEqual([[...delivery.left.keys()], market.asked, refusedRows(), delivery.conflict], [[symbol], 1, 0, undefined])
})

test('when its lease may have run out this replica tries to follow it, and rows are taken from then on', async () => {
  const { delivery, market, time, taken } = makeDelivery(elsewhere)
  await delivery.take(batch)
  time.now = lease - 1
  delivery.follow()
  assert.equal(market.asked, 1)
  time.now = lease
  delivery.follow()
  delivery.follow()
  await turn()
  assert.deepEqual([market.asked, taken, delivery.left.get(symbol)], [2, [], 2 * lease])
  market.refusal = undefined
  time.now = 2 * lease
  delivery.follow()
  await turn()
  assert.deepEqual([taken, delivery.left.size], [[symbol], 0])
  await delivery.take(batch)
  assert.equal(market.asked, 4)
})

test('while nobody can know who writes, rows are left as well; a refusal for good is a conflict', async () => {
  const away = makeDelivery(new ServingError('online_store_unavailable', 'Redis is away', { retryAfterMs: 1_000 }))
  await away.delivery.take(batch)
  assert.deepEqual([away.delivery.left.size, away.delivery.conflict], [1, undefined])
  const other = makeDelivery(new ServingError('series_conflict', 'it exists as continuous, replay'))
  await other.delivery.take(batch)
  assert.deepEqual([other.delivery.left.size, other.delivery.conflict, other.refusedRows()], [0, 'it exists as continuous, replay', 1])
})

test('what nobody foresaw is a conflict as well, and never ends the server; who follows tries again', async () => {
  const broken = new Error('WRONGTYPE Operation against a key holding the wrong kind of value')
  const { delivery, market, time, taken, refusedRows } = makeDelivery(broken)
  await delivery.take(batch)
  assert.deepEqual([delivery.left.size, delivery.conflict, refusedRows()], [0, broken.message, 1])
  market.refusal = elsewhere
  await delivery.take(batch)
  market.refusal = broken
  time.now = lease
  delivery.follow()
  await turn()
  assert.ok((delivery.left.get(symbol) ?? Infinity) <= lease + 1_000)
  market.refusal = undefined
  time.now = lease + 1_000
  delivery.follow()
  await turn()
  assert.deepEqual([taken, delivery.left.size], [[symbol], 0])
})
