import type { Periods } from '../../calendars/periods.ts'
import type { Bar } from '../../contracts/bar.ts'

/** Closed bars in order. Where it is known which bars there have to be, an absent one is missing; else the next bars as they came count. */
export type LabelBars = { readonly bars: readonly Bar[]; readonly periods: Periods }

type Horizon = { readonly steps: number }
type Sigma = { readonly sigmaBars: number }
/** BUY above a threshold, SELL below its opposite, else HOLD: the threshold is `cost` or `sigmas` deviations of the horizon, whichever is more. */
export type FixedHorizon = Horizon & Sigma & { readonly kind: 'fixed-horizon'; readonly cost: number; readonly sigmas: number }
/** Which comes first: `up` or `down` deviations of the horizon from the entry, or its end. */
export type TripleBarrier = Horizon & Sigma & { readonly kind: 'triple-barrier'; readonly up: number; readonly down: number }
/** What buying and selling would have been worth after `cost`, and after `funding` for a short position. */
export type CostAware = Horizon & { readonly kind: 'cost-aware'; readonly cost: number; readonly funding: number }
/** How rows are labelled. Horizons are `steps` bars; amounts are shares of the price as log returns (0.001 = 10 bps). */
export type LabelSpec = FixedHorizon | TripleBarrier | CostAware

/** What came after one bar. `side`: 1 buy, -1 sell, 0 neither; `r`: ln(exit / entry); `end`: position of the last bar that it rests on. */
export type Label = {
  readonly side: -1 | 0 | 1
  readonly r: number
  readonly end: number
  readonly threshold?: number
  /** Both barriers lie in one bar: counted as a stop. */
  readonly ambiguous?: boolean
  /** A barrier was touched before the horizon ended. */
  readonly touched?: boolean
  readonly buyValue?: number
  readonly sellValue?: number
}

/** The bars after a position up to the horizon; undefined if one of them is missing. */
function ahead({ bars, periods }: LabelBars, position: number, steps: number): readonly [Bar, ...Bar[]] | undefined {
  const [bar, last] = [bars[position], bars[position + steps]]
  if (!bar || !last || periods.count(bar.closeTime, last.openTime) >= steps) return undefined
  return bars.slice(position + 1, position + steps + 1) as [Bar, ...Bar[]]
}

/** Root mean square of the log returns of the last `count` bars up to a position, as it was known then; undefined if one of them is missing. */
export function deviation({ bars, periods }: LabelBars, position: number, count: number): number | undefined {
  const [first, last] = [bars[position - count], bars[position]]
  if (!first || !last || periods.count(first.closeTime, last.openTime) >= count) return undefined
  let sum = 0
  for (let i = position - count + 1; i <= position; i++) sum += Math.log((bars[i] as Bar).close / (bars[i - 1] as Bar).close) ** 2
  return Math.sqrt(sum / count)
}

const sideOf = (r: number, threshold: number): Label['side'] => (r > threshold ? 1 : r < -threshold ? -1 : 0)

function fixedHorizon(series: LabelBars, position: number, { steps, cost, sigmas, sigmaBars }: FixedHorizon): Label | undefined {
  const path = ahead(series, position, steps)
  const sigma = sigmas === 0 ? 0 : deviation(series, position, sigmaBars)
  if (!path || sigma === undefined) return undefined
  const r = Math.log((path.at(-1) as Bar).close / path[0].open)
  const threshold = Math.max(cost, sigmas * sigma * Math.sqrt(steps))
  return { side: sideOf(r, threshold), r, end: position + steps, threshold }
}

type Touch = Pick<Label, 'side' | 'ambiguous'> & { readonly price: number }

/** Where a bar touches one of two barriers first: at its open if that lies beyond, else at the barrier; of both inside one bar the lower one counts. */
function touchOf({ open, high, low }: Bar, upper: number, lower: number): Touch | undefined {
  if (open >= upper) return { side: 1, price: open }
  if (open <= lower) return { side: -1, price: open }
  if (low <= lower) return { side: -1, price: lower, ambiguous: high >= upper }
  return high >= upper ? { side: 1, price: upper } : undefined
}

/** Triple-barrier method of López de Prado (Advances in Financial Machine Learning, 2018, chapter 3). */
function tripleBarrier(series: LabelBars, position: number, { steps, up, down, sigmaBars }: TripleBarrier): Label | undefined {
  const path = ahead(series, position, steps)
  const sigma = deviation(series, position, sigmaBars)
  // Without any deviation the barriers would be the entry itself.
  if (!path || sigma === undefined || sigma === 0) return undefined
  const entry = path[0].open
  const width = sigma * Math.sqrt(steps)
  const [upper, lower] = [entry * (1 + up * width), entry * (1 - down * width)]
  for (const [i, bar] of path.entries()) {
    const touch = touchOf(bar, upper, lower)
    if (touch) return { side: touch.side, r: Math.log(touch.price / entry), end: position + 1 + i, ambiguous: touch.ambiguous ?? false, touched: true }
  }
  return { side: 0, r: Math.log((path.at(-1) as Bar).close / entry), end: position + steps, ambiguous: false, touched: false }
}

function costAware(series: LabelBars, position: number, { steps, cost, funding }: CostAware): Label | undefined {
  const path = ahead(series, position, steps)
  if (!path) return undefined
  const r = Math.log((path.at(-1) as Bar).close / path[0].open)
  const [buyValue, sellValue] = [r - cost, -r - cost - funding]
  const best = Math.max(0, buyValue, sellValue)
  return { side: best === 0 ? 0 : buyValue === best ? 1 : -1, r, end: position + steps, buyValue, sellValue }
}

/**
 * The label of the bar at a position. Whoever acts on its close enters at the next bar's open, never at the close that the model saw. Undefined if any bar up to the horizon, or of those that the
 * deviation rests on, is missing.
 */
export function labelAt(series: LabelBars, position: number, spec: LabelSpec): Label | undefined {
  switch (spec.kind) {
    case 'fixed-horizon':
      return fixedHorizon(series, position, spec)
    case 'triple-barrier':
      return tripleBarrier(series, position, spec)
    case 'cost-aware':
      return costAware(series, position, spec)
  }
}
