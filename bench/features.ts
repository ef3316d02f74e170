import { catalogueEntries } from '../src/features/catalogue.ts'
import type { FeatureSet } from '../src/contracts/features.ts'
import type { BarInput } from '../src/market/check-bar.ts'
import { besideOthers } from './features/beside-others.ts'
import { makeMarket, type Market, minuteBars } from './features/market.ts'
import { onlineStoreRows } from './features/online-store.ts'
import { median, printTable } from './support/report.ts'

const [symbolCount, warmBars, minutes, rounds, reads] = [1_000, 600, 20, 5, 100_000]
const backfillBars = 45_000
const say = (line: string): void => void process.stderr.write(`${line}\n`)

const entries = catalogueEntries()
/** Families of bars alone, without a partner or order flow, whose values are settled after the bars that every symbol gets; 48 of them at even distances, and these with one of two symbols. */
const ofBars = new Set(['open', 'high', 'low', 'close', 'volume', 'closeTime'])
const everything = entries
  .filter(({ warmUp, inputs }) => warmUp.settled <= warmBars && inputs.every((input) => ofBars.has(input)))
  .map(({ example }) => example)
const usual = everything.filter((_, i) => Math.floor((i * 48) / everything.length) !== Math.floor(((i - 1) * 48) / everything.length))
const withPartner = [...usual, 'beta(BTC/USDT,60)@1m']
/** Families with an output of TA-Lib's batch, see features/talib-batch.py. */
const ofTalib = entries.filter(({ name, source }) => source?.includes('TA-Lib') && !/_(ratio|pos|pctb|width)$/.test(name)).map(({ example }) => example)

/** ms of CPU, all threads of the process: machines that others use too change it less than time. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const symbols = Array.from({ length: symbolCount }, (_, i) => (i === 0 ? 'BTC/USDT' : `S${i}/USDT`))
const histories = Array.from({ length: 20 }, (_, seed) => minuteBars(seed, warmBars + minutes))
const historyOf = (symbol: number): readonly BarInput[] => histories[symbol % histories.length] as BarInput[]

/** ms of CPU that one minute of bars takes, all symbols: the median of some minutes. */
function minuteOf(market: Market): number {
  symbols.forEach((symbol, i) => market.take(symbol, historyOf(i).slice(0, warmBars)))
  const next = (minute: number) =>
    cpuOf(() => symbols.forEach((symbol, i) => market.take(symbol, historyOf(i).slice(warmBars + minute, warmBars + minute + 1))))
  return median(Array.from({ length: minutes }, (_, minute) => next(minute)))
}

/** ns of CPU for one read of the newest vector, of that many symbols in turn. Throws if a value is missing. */
function readOf({ service, set }: Market, among: number): number {
  const read = (i: number) => service.vector(set as FeatureSet, symbols[1 + (i % among)] as string, undefined)
  if (!read(0).complete) throw new Error('the vectors are not complete')
  const once = () => cpuOf(() => Array.from({ length: reads }).forEach((_, i) => read(i)))
  return (median(Array.from({ length: rounds }, once)) * 1e6) / reads
}

/** M values a second of CPU, from a set that is declared over stored bars to its newest vector. */
function backfillOf(features: readonly string[], bars: readonly BarInput[]): number {
  const once = (): number => {
    const market = makeMarket({ historyRows: 64, keepBars: bars.length })
    market.take('BTC/USDT', bars)
    return cpuOf(() => market.service.vector(market.service.declare({ timeframe: '1m', features, window: 1, symbols: [] }), 'BTC/USDT', undefined))
  }
  return (bars.length * features.length) / median(Array.from({ length: rounds }, once)) / 1_000
}

/** ms of CPU of the first read of a set that nobody keeps up: 48 features of a symbol are folded over its stored bars. */
function onDemandOf(features: readonly string[]): number {
  const market = makeMarket({ historyRows: 64, keepBars: 1_100 })
  const some = symbols.slice(0, 20)
  some.forEach((symbol, i) => market.take(symbol, historyOf(i)))
  const set = market.service.declare({ timeframe: '1m', features, window: 1, symbols: [] })
  return median(some.map((symbol) => cpuOf(() => market.service.vector(set, symbol, undefined))))
}

const rows: string[][] = []
const held = (): number => process.memoryUsage().arrayBuffers

say(`${symbolCount} symbols, ${usual.length} and ${everything.length} features: live`)
const ingestOnly = minuteOf(makeMarket({ historyRows: 64, keepBars: 1_100 }))
rows.push([`a minute of ${symbolCount} symbols: bars alone, ms of CPU`, '', ingestOnly.toFixed(1)])
for (const features of [usual, withPartner, everything]) {
  const before = held()
  const market = makeMarket({ features, historyRows: 64, keepBars: 1_100 })
  const spent = minuteOf(market)
  const which = features === withPartner ? '48 and beta(BTC/USDT,60)' : String(features.length)
  rows.push([`the same with ${which} features, ms of CPU`, features === usual ? '100' : '', spent.toFixed(1)])
  if (features === usual)
    rows.push([`states and 64 rows of ${features.length} features, KB a symbol`, '', ((held() - before) / symbolCount / 1_024).toFixed(1)])
  rows.push([`read of a vector of ${which}, one symbol, ns of CPU`, features === usual ? '2000' : '', readOf(market, 1).toFixed(0)])
  rows.push([`the same, ${symbolCount - 1} symbols in turn`, '', readOf(market, symbolCount - 1).toFixed(0)])
}

say(`backfill of ${backfillBars} bars`)
const bars = minuteBars(1, backfillBars)
for (const features of [usual, everything, ofTalib])
  rows.push([
    `backfill of ${features.length} features${features === ofTalib ? ' that TA-Lib has' : ''}, M values/s of CPU`,
    features === usual ? '1' : '',
    backfillOf(features, bars).toFixed(1),
  ])
rows.push([`on demand: first read of 48 features over ${warmBars + minutes} stored bars, ms of CPU`, '50', onDemandOf(usual).toFixed(1)])

say('beside TA-Lib, pandas-ta-classic and Feast')
const readMarket = makeMarket({ features: usual, historyRows: 64, keepBars: 1_100 })
symbols.slice(0, 2).forEach((symbol, i) => readMarket.take(symbol, historyOf(i).slice(0, warmBars)))
const beside = await besideOthers(bars, { backfill: () => backfillOf(ofTalib, bars), read: () => readOf(readMarket, 1) }, rounds)

say('the online store')
rows.push(...((await onlineStoreRows(usual)) ?? [['Redis mode: redis-server is not installed', '', '']]))

printTable(['what, medians', 'budget', 'seen'], rows)
console.log('')
printTable(['beside others, medians of rounds in turn', 'theirs', 'Presage', 'times as fast'], beside)
