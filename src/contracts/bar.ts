import type { Flow } from './flow.ts'
import type { Timeframe } from './timeframe.ts'

/**
 * One closed candle. Times are ms since the epoch; `closeTime` = `openTime` + timeframe (exclusive end); `receivedTime` is when this process (or the file's writer)
 * learned of it. `empty` marks a flat bar of volume 0 that stands for a period without trades.
 */
export type Bar = {
  readonly openTime: number
  readonly closeTime: number
  readonly receivedTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly empty: boolean
  /** True for an empty bar that was never received: it stands for a missing one, in a series that fills its gaps. */
  readonly filled?: true
  /** Close of another symbol's bar of the same time; only in a series that joins two. */
  readonly partnerClose?: number
  /** Order flow of its period; absent where nothing of it was observed. */
  readonly flow?: Flow
}

/**
 * Name of what says when bars have to be there. `continuous`: in every period, an absent one is missing. `as_received`: nobody knows, bars follow each other as they come. Any other: in the sessions of
 * an exchange, as `XNYS`.
 */
export type Calendar = string

/** `live`: a request without a timestamp is as of wall time. `replay`: as of the series' last close. */
export type SeriesClock = 'live' | 'replay'

/** Which series: a symbol at a timeframe. */
export type SeriesKey = { readonly symbol: string; readonly timeframe: Timeframe }

/** What the ingest of some bars did. `revised` bars replaced a stored bar of the same open time; `unchanged` were already stored; `quarantined` were refused with a reason. */
export type IngestReport = {
  readonly accepted: number
  readonly revised: number
  readonly unchanged: number
  readonly quarantined: readonly { readonly openTime: number; readonly reason: string }[]
}
