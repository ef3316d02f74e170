import type { Timeframe } from '../../../src/contracts/timeframe.ts'
import type { BarInput } from '../../../src/market/check-bar.ts'

/** A market of a mock: its symbol in ccxt's words, and its name in the exchange's. */
export type Market = { readonly symbol: string; readonly id: string; readonly base: string; readonly quote: string }

/** A trade of a mock; `buyerIsMaker` means that the taker sold. */
export type MockTrade = { readonly id: number; readonly time: number; readonly price: number; readonly size: number; readonly buyerIsMaker: boolean }

/** One side of an order book, best first; in a change a size of 0 takes a level away. */
export type Levels = readonly (readonly [price: number, size: number])[]
/** An order book, or what changed in it, and the number of its last update. */
export type MockBook = { readonly last: number; readonly bids: Levels; readonly asks: Levels }

/** What can be followed of a market. */
export type Channel = 'bars' | 'trades' | 'books'
/** A subscription that was asked for. */
export type Wish = { readonly channel: Channel; readonly market: Market }

/** What an exchange has to show at the moment. */
export type Shown = {
  readonly now: number
  readonly barMs: number
  readonly timeframe: Timeframe
  readonly markets: readonly Market[]
  /** Bars from a moment on, the last of them the forming one. */
  readonly bars: (market: Market, from: number) => readonly BarInput[]
  readonly book: (market: Market) => MockBook
}

/** How one exchange speaks: what it calls things, the shapes of its messages by REST and by web socket, and what it says and leaves out. */
export type Wire = {
  /** Its id in ccxt. */
  readonly exchange: string
  /** Says in its stream when a bar is closed. */
  readonly saysClosed: boolean
  /** Shows bars in its stream without a trade. */
  readonly showsEmptyBars: boolean
  /** A message of a book that is lost can be noticed through ccxt. */
  readonly numbersBooks: boolean
  /** Closed bars that are sent when somebody subscribes. */
  readonly pastOnSubscribe: number
  /** Bars that can be asked for, the newest. */
  readonly mostBars: number
  /** Where a book is asked for; absent where it comes with the subscription. */
  readonly bookPath?: string
  /** Paths of the bars by REST and of the web socket. */
  readonly barsPath: string
  readonly socketPath: string
  /** Sent at once to who connects, and twice a second. */
  readonly hello: readonly object[]
  readonly heartbeat: readonly object[]
  /** Texts that are no messages of it, though they may look like some. */
  readonly garbage: readonly string[]
  readonly idOf: (base: string, quote: string) => string
  /** Beginnings of its addresses as they are replaced by the mock's. */
  readonly urls: (port: number) => Readonly<Record<string, string>>
  readonly answer: (url: URL, shown: Shown) => object
  /** What a client says, and what is said to it at once. */
  readonly hear: (message: object, shown: Shown) => { readonly replies: readonly object[]; readonly wishes: readonly Wish[] }
  readonly bar: (market: Market, bar: BarInput, about: Pick<Shown, 'barMs' | 'timeframe'> & { readonly closed: boolean }) => object
  readonly trade: (market: Market, trade: MockTrade) => object
  readonly bookChange: (market: Market, change: MockBook, time: number) => object
}

/** A decimal as exchanges write it in text. */
export const decimal = (value: number): string => value.toFixed(8)
/** Levels as pairs of decimals. */
export const decimals = (levels: Levels): string[][] => levels.map(([price, size]) => [decimal(price), decimal(size)])
