import { atr, natr } from './atr.ts'
import { dema, ema, emaRatio, hma, sma, smaRatio, tema, wma } from './averages.ts'
import { bbLower, bbPctb, bbUpper, bbWidth } from './bollinger.ts'
import { bookAge, costToTrade, depthSlope, micropriceBps, mid, obi, ofi, spreadBps, spreadMeanBps, tickAge } from './book.ts'
import { klow, kmid, ksft, kup } from './candle-shape.ts'
import { basis, beta, corr, quoteSpreadBps } from './co-movement.ts'
import { emptyShare, gapCount } from './data-quality.ts'
import { aroonDown, aroonOsc, aroonUp, donchianLower, donchianPos, donchianUpper, drawdown, rank } from './extremes.ts'
import type { Catalogue, Family } from './family.ts'
import { funding, timeToFunding } from './funding.ts'
import { macd, macdHist, macdSignal, ppo } from './macd.ts'
import { takerImb, tradeImb, tradeRate, vpin } from './order-flow.ts'
import { cci, mfi, stochD, stochK, stochRsiD, stochRsiK, willr } from './oscillators.ts'
import { close, volume } from './price.ts'
import { autocorr1, kurt, skew, varianceRatio } from './return-shape.ts'
import { logret, mom, roc, rv } from './returns.ts'
import { rsi } from './rsi.ts'
import { dowCos, dowSin, todCos, todSin } from './time-of-day.ts'
import { adx, keltnerLower, keltnerPos, keltnerUpper, minusDi, plusDi, psar, supertrend, supertrendRatio, supertrendSide } from './trend.ts'
import { ewmaVol, garmanKlass, parkinson, rogersSatchell, volRatio, yangZhang } from './volatility.ts'
import { adSlope, cmf, obvSlope, obvZ, rvolTod, volZ, vwapDayRatio, vwapRatio } from './volume.ts'

/** Every family of features that exists. A new one is a file beside this one and a word in this list. */
export const families: readonly Family[] = [
  close,
  volume,
  logret,
  sma,
  smaRatio,
  ema,
  emaRatio,
  wma,
  hma,
  dema,
  tema,
  rsi,
  stochRsiK,
  stochRsiD,
  stochK,
  stochD,
  willr,
  cci,
  mfi,
  aroonUp,
  aroonDown,
  aroonOsc,
  macd,
  macdSignal,
  macdHist,
  ppo,
  atr,
  natr,
  bbPctb,
  bbWidth,
  bbUpper,
  bbLower,
  keltnerUpper,
  keltnerLower,
  keltnerPos,
  donchianUpper,
  donchianLower,
  donchianPos,
  plusDi,
  minusDi,
  adx,
  psar,
  supertrend,
  supertrendSide,
  supertrendRatio,
  rank,
  drawdown,
  roc,
  mom,
  obvSlope,
  obvZ,
  adSlope,
  cmf,
  vwapDayRatio,
  vwapRatio,
  volZ,
  rvolTod,
  rv,
  ewmaVol,
  parkinson,
  garmanKlass,
  rogersSatchell,
  yangZhang,
  volRatio,
  skew,
  kurt,
  autocorr1,
  varianceRatio,
  beta,
  corr,
  basis,
  quoteSpreadBps,
  kmid,
  kup,
  klow,
  ksft,
  todSin,
  todCos,
  dowSin,
  dowCos,
  emptyShare,
  gapCount,
  takerImb,
  tradeImb,
  vpin,
  tradeRate,
  mid,
  spreadBps,
  spreadMeanBps,
  micropriceBps,
  obi,
  ofi,
  costToTrade,
  depthSlope,
  funding,
  timeToFunding,
  tickAge,
  bookAge,
]

/** The catalogue without what modules of the operator add. */
export const ownCatalogue: Catalogue = new Map(families.map((family) => [family.name, family]))
