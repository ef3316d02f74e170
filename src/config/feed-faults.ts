import type { Config } from './schema.ts'

/** Of these ccxt (4.5.84) waits for the bars of a symbol whatever their timeframe: of two, each would be given those of the other. */
const confusesTimeframes: ReadonlySet<string> = new Set(['alpaca', 'blockchaincom', 'cex', 'dydx', 'kraken', 'p2b', 'whitebit'])

/** Why one feed cannot be followed; undefined where it can, as far as the settings tell. */
function timeframesFault({ exchange, timeframes = [], streams = ['bars'] }: Config['feeds'][number]): string | undefined {
  if (timeframes.length < 2 || !streams.includes('bars') || !confusesTimeframes.has(exchange)) return undefined
  return `has ${timeframes.length} timeframes of ${exchange}, which streams bars of one through ccxt: follow ${timeframes[0]} alone; longer ones are made from it where features want them`
}

/** What is wrong with the feeds beside each other and by themselves: a series that two feeds bring would be revised for ever, one exchange has one process, and of some it follows one timeframe. */
export function feedFaults({ feeds }: Config): string[] {
  const seen = new Map<string, string>()
  const faults: string[] = []
  for (const feed of feeds) {
    const { exchange, symbols } = feed
    const fault = timeframesFault(feed)
    if (fault !== undefined) faults.push(fault)
    if (feeds.filter((other) => other.exchange === exchange).length > 1) faults.push(`has ${exchange} twice: write its symbols into one entry`)
    for (const symbol of symbols) {
      const other = seen.get(symbol)
      if (other !== undefined && other !== exchange) faults.push(`has ${symbol} from ${other} and from ${exchange}: one exchange must bring it`)
      seen.set(symbol, exchange)
    }
  }
  return [...new Set(faults)]
}
