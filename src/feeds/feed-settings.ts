import type { Calendar } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'

/** What a feed brings. */
export type FeedStream = 'bars' | 'trades' | 'books'

/** One exchange as an operator asks for it. */
export type FeedWish = {
  readonly exchange: string
  readonly symbols: readonly string[]
  readonly timeframes?: readonly Timeframe[]
  readonly streams?: readonly FeedStream[]
  readonly calendar?: Calendar
  readonly history?: number
  readonly silenceMs?: number
  readonly bookMs?: number
  readonly sandbox?: boolean
  readonly urls?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, unknown>>
}

/** One exchange with everything that its process needs to know. */
export type FeedSettings = Required<FeedWish>

const defaults = {
  timeframes: ['1m'],
  streams: ['bars'],
  calendar: 'continuous',
  history: 1_500,
  silenceMs: 60_000,
  bookMs: 1_000,
  sandbox: false,
  urls: {},
  options: {},
} as const

/** A wish with what it left out. */
export const feedSettings = (wish: FeedWish): FeedSettings => ({ ...defaults, ...wish })
