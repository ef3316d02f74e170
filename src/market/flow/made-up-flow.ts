import type { Flow } from '../../contracts/flow.ts'
import type { BarInput } from '../check-bar.ts'

/** An order flow made up of a bar, for kernels that are tried on bars alone; test/golden/features/make-goldens.py makes the same. */
export function madeUpFlow({ openTime, close, volume }: BarInput): Flow {
  const nth = openTime / 60_000
  const buyVolume = (volume * (nth % 101)) / 101
  const [bidSize, askSize] = [1 + (nth % 17), 1 + (nth % 23)]
  return {
    takerBuyVolume: (volume * (nth % 97)) / 97,
    buyVolume,
    sellVolume: volume - buyVolume,
    trades: volume > 0 ? 1 + (nth % 53) : 0,
    lastTradeTime: openTime + 1_000 * (nth % 59),
    bid: close * (1 - (1 + (nth % 7)) / 20_000),
    ask: close * (1 + (1 + (nth % 11)) / 20_000),
    bidSize,
    askSize,
    bidDepth5: bidSize + (nth % 29),
    askDepth5: askSize + (nth % 31),
    bidDepth10: bidSize + (nth % 129),
    askDepth10: askSize + (nth % 131),
    bidDepth20: bidSize + (nth % 229),
    askDepth20: askSize + (nth % 231),
    cost1000: 1 + (nth % 37) / 8,
    cost10000: 2 + (nth % 37) / 8,
    cost100000: 3 + (nth % 37) / 8,
    cost1000000: 4 + (nth % 37) / 8,
    lastBookTime: openTime + 1_000 * (nth % 43),
    ofi: (nth % 41) - 20,
    meanSpread: 1 + (nth % 31) / 10,
    depthSlope: 0.5 + (nth % 19) / 16,
    fundingRate: ((nth % 47) - 23) / 65_536,
    nextFundingTime: (Math.floor(nth / 480) + 1) * 28_800_000,
  }
}
