import type { Bar } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { BarFault } from './check-bar.ts'
import type { Series } from './series.ts'

/** What a bar's close may do beside the bar before it: its largest move by itself, and its largest distance from the move of other quotes, both as shares of the price; 0 checks nothing. */
export type JumpLimits = { readonly maxJump: number; readonly quoteTolerance: number }

/** The limits that hold unless a caller says otherwise. */
const defaultJumpLimits: JumpLimits = { maxJump: 0.5, quoteTolerance: 0.05 }

type Find = (symbol: string) => Series | undefined
type Step = { readonly before: Bar; readonly bar: Pick<Bar, 'openTime' | 'close'> }

const quotes = ['USDT', 'USDC', 'USD', 'EUR', 'BTC', 'ETH']
const spot = /^([^/:]+)\/([^/:]+)$/

const closeAt = (series: Series | undefined, openTime: number): number | undefined => {
  const bar = series?.bar(series.positionFrom(openTime))
  return bar?.openTime === openTime ? bar.close : undefined
}

/** Log move of a symbol over the same step, either way round; undefined where a bar of it is not there. */
function moveOf(find: Find, [base, quote]: readonly [string, string], { before, bar }: Step): number | undefined {
  for (const [symbol, sign] of [
    [`${base}/${quote}`, 1],
    [`${quote}/${base}`, -1],
  ] as const) {
    const series = find(symbol)
    const [from, to] = [closeAt(series, before.openTime), closeAt(series, bar.openTime)]
    if (from !== undefined && to !== undefined) return sign * Math.log(to / from)
  }
  return undefined
}

/** The move that another quote implies: of BTC/USDT by BTC/USD and USDT/USD, say. Undefined where no such pair of series has both bars. */
function impliedMove(find: Find, symbol: string, step: Step): { readonly move: number; readonly by: string } | undefined {
  const [, base, quote] = spot.exec(symbol) ?? []
  if (base === undefined || quote === undefined) return undefined
  for (const other of quotes) {
    if (other === quote || other === base) continue
    const [asset, money] = [moveOf(find, [base, other], step), moveOf(find, [quote, other], step)]
    if (asset !== undefined && money !== undefined) return { move: asset - money, by: `${base}/${other} and ${quote}/${other}` }
  }
  return undefined
}

const percent = (log: number): string => `${log > 0 ? '+' : ''}${(100 * Math.expm1(log)).toFixed(1)} %`

/**
 * Tells moves of one bar that are not believed yet. Another quote of the same asset decides where there is one: a jump that it made as well is real, and a distance from it is not. Else the move's
 * size decides. What is not believed is held, and the bar that follows directly may confirm it. Bars that do not follow each other directly are not compared.
 */
export class JumpGuard {
  readonly #limits: JumpLimits
  readonly #find: (symbol: string, timeframe: Timeframe) => Series | undefined
  readonly #held = new Map<Series, Bar>()

  constructor(find: (symbol: string, timeframe: Timeframe) => Series | undefined, limits: JumpLimits = defaultJumpLimits) {
    this.#find = find
    this.#limits = limits
  }

  /** Why a bar at the end of its series is not believed; it is held from now on. Undefined for one that is. */
  doubt(series: Series, bar: Bar): BarFault | undefined {
    const before = series.last
    if (before?.closeTime !== bar.openTime) return undefined
    const fault = this.#faultOf(series, { before, bar })
    if (fault === undefined) return undefined
    this.#held.set(series, bar)
    return { ...fault, reason: `${fault.reason}: held until the next bar confirms it` }
  }

  /** The held bar that the next one confirms, as its price stayed within half the limit of a jump. Whatever follows, it is held no longer. */
  confirmedBy(series: Series, next: Bar): Bar | undefined {
    const held = this.#held.get(series)
    if (held === undefined || next.openTime < held.closeTime) return undefined
    this.#held.delete(series)
    const stayed = Math.abs(Math.log(next.close / held.close)) <= Math.log1p(this.#limits.maxJump) / 2
    return next.openTime === held.closeTime && stayed ? held : undefined
  }

  #faultOf({ key: { symbol, timeframe } }: Series, step: Step): BarFault | undefined {
    const { maxJump, quoteTolerance } = this.#limits
    const move = Math.log(step.bar.close / step.before.close)
    const implied = quoteTolerance > 0 ? impliedMove((other) => this.#find(other, timeframe), symbol, step) : undefined
    if (implied !== undefined)
      return Math.abs(move - implied.move) > Math.log1p(quoteTolerance)
        ? { kind: 'quotes', reason: `price moved by ${percent(move)} in one bar, but by ${percent(implied.move)} according to ${implied.by}` }
        : undefined
    return maxJump > 0 && Math.abs(move) > Math.log1p(maxJump) ? { kind: 'jump', reason: `price moved by ${percent(move)} in one bar` } : undefined
  }
}
