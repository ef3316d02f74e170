import type { WarmUp } from '../catalog/family.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { fold, tape } from '../proofs/prove.ts'
import { blankKernel } from './guarded-kernel.ts'
import type { ModuleFeature } from './module-feature.ts'

const sizeAtMost = 32_768
const firstAtMost = 20_000
const tail = 64

/** Ends a trial; its message is what is wrong. */
class Misfit extends Error {}
const misfit = (why: string): never => {
  throw new Misfit(why)
}

function thrown(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `throws ${said}${error instanceof RangeError && error.message.includes('call stack') ? '. Is it made of itself?' : ''}`
}

/** What a function of the export gives; what it throws ends the trial in its name. */
function result<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    return misfit(error instanceof Misfit ? error.message : `${name} ${thrown(error)}`)
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1

function warmUpOf({ warmUp }: ModuleFeature, params: readonly number[]): WarmUp {
  const given: Partial<WarmUp> | undefined = result('warmUp', () => warmUp(params, 60_000))
  const { first, settled } = given ?? {}
  if (isCount(first) && isCount(settled) && first <= settled) return { first, settled }
  return misfit('warmUp must give { first, settled }, whole numbers of bars from 1 on, settled no less than first')
}

function kernelOf({ kernel }: ModuleFeature, params: readonly number[]): Kernel {
  const made: Partial<Kernel> | undefined = result('kernel', () => kernel(params))
  const { size, outputs, step } = made ?? {}
  const fits = Number.isInteger(size) && (size as number) >= 0 && (size as number) <= sizeAtMost && outputs === 1 && typeof step === 'function'
  return fits ? (made as Kernel) : misfit(`kernel must make { size, outputs: 1, step }, size a whole number up to ${sizeAtMost}: the doubles that it remembers`)
}

/** The values of a feature over synthetic bars. */
function valuesOf(feature: ModuleFeature, params: readonly number[], warmUp: WarmUp): Float64Array {
  const { name: id } = feature
  const subject = { id, digest: id, timeframe: '1m', output: 0, warmUp, restsOn: [], kernel: () => blankKernel(kernelOf(feature, params)) } as const
  const steps = fold(subject, tape(11, warmUp.first + tail, subject))
  return result('step', () => {
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
  })
}

function tryOut(feature: ModuleFeature): void {
  const { name, flatWhen, range, parameters, refuse } = feature
  const params = parameters.map(({ usual }) => usual)
  const refused = result('refuse', () => refuse?.(params))
  if (refused !== undefined) misfit(`refuse does not take the usual parameters: ${refused}`)
  const warmUp = warmUpOf(feature, params)
  if (warmUp.first > firstAtMost) return
  const values = valuesOf(feature, params, warmUp).slice(warmUp.first - 1)
  const absent = values.findIndex((value) => !Number.isFinite(value))
  if (absent >= 0 && flatWhen === undefined)
    misfit(
      `step gives ${values[absent]} on bar ${warmUp.first + absent} of ${name}(${params.join()}); say in flatWhen when there is no value (NaN), or begin later (warmUp.first)`,
    )
  if (!values.some(Number.isFinite)) misfit(`step gives no value on any of ${values.length} bars from bar ${warmUp.first} on`)
  const outside = values.find((value) => value < range.min || value > range.max)
  if (outside !== undefined) misfit(`step gives ${outside}, which lies outside its range of ${range.min} to ${range.max}`)
}

/** Tries a feature with its usual parameters on synthetic bars: undefined if it does what it says, else what is wrong, in words. */
export function faultInUse(feature: ModuleFeature): string | undefined {
  try {
    tryOut(feature)
    return undefined
  } catch (error) {
    if (error instanceof Misfit) return error.message
    throw error
  }
}
