/**
 * The periods of one timeframe in which a series has bars, in order. They lie on the grid of UTC: the period that opens at a whole multiple of its length. All questions of what comes next, what is
 * missing and how far two bars are apart are asked here. Moments are ms since the epoch.
 */
export type Periods = {
  /** True if it is known which bars there have to be; else the next bar that comes is the next. */
  readonly known: boolean
  /** Of the sessions that they are made of: what was computed by other ones may lie differently. */
  readonly digest?: string
  /** How many bars have to be there that open in [from, to); 0 where it is not known. */
  count(from: number, to: number): number
  /** Open of the first period that opens at a moment or later. */
  nextOpen(moment: number): number
  /** Open of the period from which on `count` periods open before a moment. */
  back(moment: number, count: number): number
  /** Why no bar can open at a moment, and what to do; undefined if one can. */
  refusal(openTime: number): string | undefined
}

/** Every period of the grid, for ever: `count` of them are known to be there. */
export const everyPeriod = (barMs: number): Periods => ({
  known: true,
  count: (from, to) => Math.ceil(to / barMs) - Math.ceil(from / barMs),
  nextOpen: (moment) => Math.ceil(moment / barMs) * barMs,
  back: (moment, count) => (Math.ceil(moment / barMs) - count) * barMs,
  refusal: () => undefined,
})

/** Any period of the grid, none of which has to be there. */
export const anyPeriod = (barMs: number): Periods => ({ ...everyPeriod(barMs), known: false, count: () => 0 })
