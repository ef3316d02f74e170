import { isCategorical, wordsInSet, type Ensemble } from './ensemble.ts'

/** Every 20th value is missing. */
const missingEvery = 20

/** Whole numbers below a bound, the same at every run: Lehmer's generator with the constants of Park and Miller (1988). */
function makeDraw(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

/** Values at which a feature's nodes decide (thresholds, the last categories of sets), one below them all and one above. */
function valuesOf(ensemble: Ensemble): number[][] {
  const values: number[][] = Array.from({ length: ensemble.inputs }, () => [])
  for (let node = 0; node < ensemble.feature.length; node++) {
    const list = values[ensemble.feature[node]!]!
    list.push(isCategorical(ensemble, node) ? wordsInSet(ensemble, node) * 32 - 1 : ensemble.threshold[node]!)
  }
  return values.map((list) => {
    let [least, most] = [0, 0]
    for (const value of list) [least, most] = [Math.min(least, value), Math.max(most, value)]
    return [...list, least - 1, most + 1]
  })
}

/** Made-up rows that go all ways through a forest: each value lies between two thresholds of its feature, or at one, or is missing. Row-major, the same at every call. */
export function rowsFromThresholds(ensemble: Ensemble, count: number): Float64Array {
  const values = valuesOf(ensemble)
  const draw = makeDraw()
  const pick = (list: readonly number[]): number => list[draw(list.length)]!
  return Float64Array.from({ length: count * ensemble.inputs }, (_, i) => {
    const list = values[i % ensemble.inputs]!
    return draw(missingEvery) === 0 ? NaN : (pick(list) + pick(list)) / 2
  })
}
