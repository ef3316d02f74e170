import { atr, natr } from './atr.ts'
import { dema, ema, emaRatio, hma, sma, smaRatio, tema, wma } from './averages.ts'
import { bbLower, bbPctb, bbUpper, bbWidth } from './bollinger.ts'
import type { Family } from './family.ts'
import { macd, macdHist, macdSignal, ppo } from './macd.ts'
import { close, volume } from './price.ts'
import { logret, mom, roc, rv } from './returns.ts'
import { rsi } from './rsi.ts'
import { todCos, todSin } from './time-of-day.ts'
import { obvSlope, volZ } from './volume.ts'

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
  roc,
  mom,
  obvSlope,
  volZ,
  rv,
  todSin,
  todCos,
]
