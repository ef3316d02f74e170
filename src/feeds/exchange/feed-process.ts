import { setTimeout as wait } from 'node:timers/promises'
import { Calendars } from '../../calendars/calendars.ts'
import { holdLifeline } from '../../processes/lifeline.ts'
import { systemClock } from '../../system.ts'
import type { FeedOrder, FeedReport } from '../feed-message.ts'
import { ExchangeSession } from './exchange-session.ts'
import { FeedRefusal, makeExchange } from './make-exchange.ts'
import { wordsOf } from './watch.ts'

const tickMs = 1_000

// The process of one feed: it does what the server says on its channel and ends with it.
holdLifeline()
process.on('disconnect', () => process.exit(0))
// ccxt sends some subscriptions without waiting for them: a connection that ends meanwhile rejects promises that nobody holds. Whoever waits for the subscription is told as well, and tries again.
process.on('unhandledRejection', (error) => process.stderr.write(`${wordsOf(error)}\n`))

const report = (message: FeedReport): void => void process.send?.(message)
let session: ExchangeSession | undefined

async function start({ settings, series, sessions }: FeedOrder & { kind: 'start' }): Promise<void> {
  try {
    const exchange = await makeExchange(settings)
    const made = new ExchangeSession(exchange, settings, {
      clock: systemClock,
      random: Math.random,
      calendars: new Calendars(sessions === undefined ? [] : [sessions]),
      wait,
      send: (batch) => report({ kind: 'batch', ...batch }),
    })
    session = made
    report({ kind: 'ready' })
    setInterval(() => {
      made.tick()
      report({ kind: 'state', state: made.state })
    }, tickMs)
    await made.begin(series)
  } catch (error) {
    if (error instanceof FeedRefusal) return report({ kind: 'refused', message: error.message })
    // A bug ends the process.
    setImmediate(() => {
      throw error
    })
  }
}

process.on('message', (order: FeedOrder) => {
  if (order.kind === 'start') void start(order)
  else if (order.kind === 'go-on') session?.goOn(order.series)
  else session?.taken()
})
