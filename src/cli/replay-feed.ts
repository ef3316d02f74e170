import type { Bar } from '../contracts/bar.ts'
import type { Call } from '../contracts/call.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Clock, Timer } from '../contracts/ports.ts'
import { Replay } from '../market/replay.ts'
import type { MarketWrites } from '../contracts/market.ts'
import type { SeriesStore } from '../market/series-store.ts'
import type { Predictions } from '../gateway/gateway-deps.ts'
import type { Feed } from './feed.ts'
import type { Narrator } from './narrator.ts'

/** What a replay at the command line touches. */
export type ReplayFeedDeps = {
  readonly market: Pick<SeriesStore, 'onClose'>
  readonly intake: MarketWrites
  readonly predictions: Predictions
  readonly narrator: Narrator
  readonly clock: Clock
  readonly timer: Timer
}

const patienceMs = 5_000
const neverAborted = new AbortController().signal

/** Replays a feed into the market and asks for a signal at every bar close after its history. Call `start`; `stop` ends it. */
export function replayFeed(
  feed: Feed,
  { market, intake, predictions, narrator, clock, timer }: ReplayFeedDeps,
): { readonly replay: Replay; readonly stop: () => void } {
  const replay = new Replay(
    { store: intake, clock, timer, onQuarantined: (refused) => narrator.tellQuarantined(refused) },
    { key: feed.key, calendar: feed.calendar, bars: feed.bars, speed: feed.speed, prefill: feed.history },
  )
  const call = (): Call => ({ keyId: 'replay', requestId: 'replay', deadline: { at: clock.monotonic() + patienceMs, signal: neverAborted } })
  // As of its own close: bars that are due at once have all come before the first question is asked.
  const ask = ({ closeTime }: Bar): ReturnType<Predictions['predict']> => {
    try {
      return predictions.predict({ symbol: feed.key.symbol, timestamp: formatInstant(closeTime) }, call())
    } catch (error) {
      return Promise.reject(error)
    }
  }
  const unlisten = market.onClose(({ series, appended }) => {
    const bar = appended.length === 1 ? appended[0] : undefined
    // The features fold the same bar in the same turn, so the question waits for its end.
    if (bar && series.key.symbol === feed.key.symbol && series.key.timeframe === feed.key.timeframe) queueMicrotask(() => void narrator.tell(bar, ask(bar)))
  })
  return {
    replay,
    stop() {
      unlisten()
      replay.stop()
    },
  }
}
