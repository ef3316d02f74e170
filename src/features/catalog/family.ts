import { flowFields } from '../../contracts/flow.ts'
import type { Kernel } from '../kernels/kernel.ts'

/** One parameter of a family, in the order in which an id writes it. */
export type Parameter = {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly whole: boolean
  readonly usual: number
}

/** Bars of a run, counting the newest, from which there is a value (`first`), and from which the seed's weight is below 1e-9 (`settled`). Only settled values are served. */
export type WarmUp = { readonly first: number; readonly settled: number }

/** Fields of a bar that a value may rest on. */
export const barFields = ['open', 'high', 'low', 'close', 'volume', 'closeTime', 'partnerClose', ...flowFields] as const
/** One of `barFields`. */
export type BarField = (typeof barFields)[number]

/** What a value is measured in: `price` and `volume` in the units of the feed, `bars` a number of them, the others without a unit. */
export const units = ['price', 'volume', 'bars', 'percent', 'ratio', 'log return', 'deviations', 'bps', 'seconds', 'minutes', 'per second'] as const
/** One of `units`. */
export type Unit = (typeof units)[number]

/** One family of features: everything that is known about `name(params)`. */
export type Family = {
  readonly name: string
  /** True if ids write another symbol before the parameters, whose closes of the same times the kernel sees as `partnerClose`. */
  readonly partner?: true
  readonly parameters: readonly Parameter[]
  readonly summary: string
  /** The definition in the notation of docs/features.md. */
  readonly formula: string
  /** Who defined it, where that is known; TA-Lib where its seeds and conventions are followed. */
  readonly source?: string
  readonly unit: Unit
  /** Work for one bar: independent of the parameters, or in proportion to the length of the window. */
  readonly cost: 'O(1)' | 'O(n)'
  /** When there is no value although the series is warm; absent if that cannot be. */
  readonly flatWhen?: string
  readonly inputs: readonly BarField[]
  /** Raised by any change that can move a bit of the result, but where that was made of nothing but the last digits that a double has: it is part of the digest. */
  readonly version: number
  /** False for features that do not depend on the length of a bar: their ids carry no timeframe. */
  readonly perTimeframe: boolean
  /** Key of the kernel: families that name the same key share one kernel, each its own output. */
  readonly kernelKey: (params: readonly number[]) => string
  readonly kernel: (params: readonly number[]) => Kernel
  readonly output: number
  /** `barMs` is the length of a bar, for windows that are counted in days. */
  readonly warmUp: (params: readonly number[], barMs: number) => WarmUp
  readonly range: { readonly min: number; readonly max: number }
  /** Reason why the parameters do not go together; absent if every combination does. */
  readonly refuse?: (params: readonly number[]) => string | undefined
}

/** Families by name: what ids and expressions may refer to. */
export type Catalogue = ReadonlyMap<string, Family>

/** Any finite number. */
export const anyNumber = { min: -Infinity, max: Infinity } as const
/** Zero and more. */
export const notNegative = { min: 0, max: Infinity } as const
/** More than zero. */
export const positive = { min: Number.MIN_VALUE, max: Infinity } as const

/** A whole-number parameter that counts bars. */
export const bars = (name: string, usual: number, min = 1): Parameter => ({
  name,
  min,
  max: 2000,
  whole: true,
  usual,
})

/** A weight that a seed may keep in a settled value. */
export const negligible = 1e-9

/** Steps until a weight that shrinks by `factor` a bar is below 1e-9, or whatever else is negligible. */
export const stepsToSettle = (factor: number, below = negligible): number => (factor <= 0 ? 0 : Math.ceil(Math.log(below) / Math.log(factor)))

/** Steps until averages chained one behind the other, which all begin with an error of 1 and move by `weight` of the distance a bar, carry less than 1e-9 together. */
export function chainSettles(weight: number, averages: number): number {
  const errors = Array.from({ length: averages }, () => 1)
  let steps = 0
  while (errors.reduce((sum, error) => sum + error, 0) >= negligible) {
    steps += 1
    for (let i = 0; i < averages; i++) errors[i] = (errors[i] as number) * (1 - weight) + (errors[i - 1] ?? 0) * weight
  }
  return steps
}

/** Warm-up of what rests on the last bars only: settled as soon as there is a value. */
export const afterBars =
  (count: (params: readonly number[]) => number) =>
  (params: readonly number[]): WarmUp => ({ first: count(params), settled: count(params) })

/** The parameter at a position; ids are checked before any family sees them. */
export const parameter = (params: readonly number[], position: number): number => params[position] as number

/** The first parameter. */
export const length = (params: readonly number[]): number => parameter(params, 0)
