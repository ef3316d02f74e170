import { atr, natr } from './atr.ts'
import { ema, sma } from './averages.ts'
import { bbPctb, bbWidth } from './bollinger.ts'
import type { Family } from './family.ts'
import { macd, macdHist, macdSignal } from './macd.ts'
import { close, volume } from './price.ts'
import { logret, roc, rv } from './returns.ts'
import { rsi } from './rsi.ts'
import { todCos, todSin } from './time-of-day.ts'
import { obvSlope, volZ } from './volume.ts'

/** Every family of features that exists. A new one is a file beside this one and a word in this list. */
export const families: readonly Family[] = [
  close,
  volume,
  logret,
  sma,
  ema,
  rsi,
  macd,
  macdSignal,
  macdHist,
  atr,
  natr,
  bbPctb,
  bbWidth,
  roc,
  obvSlope,
  volZ,
  rv,
  todSin,
  todCos,
]
