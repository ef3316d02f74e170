import type { SignalName } from '../contracts/predict.ts'

/** A side of a classifier's policy: the class that stands for it and the probability from which it acts. */
export type ClassSide = { readonly index: number; readonly atLeast: number }
/** When a classifier's output is a signal. */
export type ClassPolicy = { readonly buy: ClassSide; readonly sell: ClassSide }
/** When a regression's output is a signal. */
export type ValuePolicy = { readonly buyAtLeast: number; readonly sellAtMost: number }

/** A side is a candidate when its class probability reaches its threshold; of two candidates the larger wins, a tie is HOLD (semantics 17). */
export function signalOfClasses({ buy, sell }: ClassPolicy, probabilities: Float64Array): SignalName {
  const up = probabilities[buy.index] as number
  const down = probabilities[sell.index] as number
  const mayBuy = up >= buy.atLeast
  const maySell = down >= sell.atLeast
  if (mayBuy && maySell) return up === down ? 'HOLD' : up > down ? 'BUY' : 'SELL'
  return mayBuy ? 'BUY' : maySell ? 'SELL' : 'HOLD'
}

/** BUY from `buyAtLeast` up, SELL from `sellAtMost` down; a value that both claim is HOLD. */
export function signalOfValue({ buyAtLeast, sellAtMost }: ValuePolicy, value: number): SignalName {
  const mayBuy = value >= buyAtLeast
  const maySell = value <= sellAtMost
  if (mayBuy === maySell) return 'HOLD'
  return mayBuy ? 'BUY' : 'SELL'
}

/** Probability of the winning side's class; for HOLD, the largest class probability (semantics 17). */
export function probabilityOf(signal: SignalName, { buy, sell }: ClassPolicy, probabilities: Float64Array): number {
  if (signal === 'BUY') return probabilities[buy.index] as number
  if (signal === 'SELL') return probabilities[sell.index] as number
  let largest = probabilities[0] as number
  for (let i = 1; i < probabilities.length; i++) largest = Math.max(largest, probabilities[i] as number)
  return largest
}
