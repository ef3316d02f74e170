/** A candle in ccxt's order: open time (ms), open, high, low, close, volume. */
export type CcxtCandle = readonly (number | undefined)[]
/** A trade as ccxt gives it, as far as it is used. */
export type CcxtTrade = {
  readonly id?: string | undefined
  readonly timestamp?: number | undefined
  readonly price?: number | undefined
  readonly amount?: number | undefined
  readonly side?: string | undefined
}
type Level = readonly (number | undefined)[]
/** An order book as ccxt keeps it: it changes under the reader's hands. */
export type CcxtBook = { readonly timestamp?: number | undefined; readonly bids: readonly Level[]; readonly asks: readonly Level[] }
/** A connection of ccxt. */
export type CcxtClient = { readonly url: string; readonly isConnected: boolean; readonly connection?: { terminate?(): void }; onError(error: Error): void }

/** What feeds use of an exchange of ccxt. */
export interface CcxtExchange {
  readonly id: string
  readonly hostname?: string
  readonly has: Readonly<Record<string, unknown>>
  readonly timeframes: Readonly<Record<string, string>>
  readonly markets: Readonly<Record<string, { readonly id: string }>>
  readonly clients: Readonly<Record<string, CcxtClient>>
  readonly last_response_headers?: Readonly<Record<string, string>>
  urls: unknown
  options: Record<string, unknown>
  handleMessage: (client: CcxtClient, message: unknown) => void
  onConnected: (client: CcxtClient) => void
  onClose: (client: CcxtClient, event: unknown) => void
  onError: (client: CcxtClient, error: unknown) => void
  /** Needed before a `ws:` address. */
  loadHttpProxyAgent(): Promise<unknown>
  setSandboxMode(on: boolean): void
  loadMarkets(): Promise<unknown>
  fetchTime(): Promise<number | undefined>
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<readonly CcxtCandle[]>
  watchOHLCV(symbol: string, timeframe: string): Promise<readonly CcxtCandle[]>
  watchTrades(symbol: string): Promise<readonly CcxtTrade[]>
  watchOrderBook(symbol: string): Promise<CcxtBook>
}
