/** What a function of a series means, over whole arrays with NaN where there is no value: as slow and as plain as can be. */
type Definition = (values: readonly number[], n: number) => number[]

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + (value - (values[0] as number)), 0) / values.length + (values[0] as number)
const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

/** A function of the last `n` values, which has no value while one of them is missing. */
const ofWindow =
  (of: (window: readonly number[], newest: number) => number): Definition =>
  (values, n) =>
    values.map((newest, i) => {
      const window = values.slice(Math.max(0, i - n + 1), i + 1)
      return window.length < n || window.some(Number.isNaN) ? NaN : of(window, newest)
    })

const share = (window: readonly number[], newest: number): number =>
  window.slice(0, -1).reduce((sum, value) => sum + (value < newest ? 1 : value === newest ? 0.5 : 0), 0) / (window.length - 1)

const exponential: Definition = (values, n) => {
  const known: number[] = []
  let average = NaN
  return values.map((value) => {
    if (Number.isNaN(value)) return NaN
    known.push(value)
    if (known.length === n) average = mean(known)
    if (known.length > n) average += (value - average) * (2 / (n + 1))
    return average
  })
}

const before: Definition = (values, n) => values.map((_, i) => values[i - n] ?? NaN)

/** The functions of a series by name. */
export const definitions = {
  lag: before,
  delta: (values: readonly number[], n: number) => values.map((value, i) => value - (before(values, n)[i] as number)),
  mean: ofWindow(mean),
  std: ofWindow(deviation),
  zscore: ofWindow((window, newest) => (deviation(window) <= 1e-11 * Math.abs(mean(window)) ? NaN : (newest - mean(window)) / deviation(window))),
  sum: ofWindow((window) => window.reduce((sum, value) => sum + value, 0)),
  min: ofWindow((window) => Math.min(...window)),
  max: ofWindow((window) => Math.max(...window)),
  rank: ofWindow(share),
  ema: exponential,
} as const
