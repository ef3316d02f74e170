import { hash } from 'node:crypto'
import { ServingError } from '../contracts/error.ts'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { Family, WarmUp } from './catalog/family.ts'
import { families } from './catalog/index.ts'
import { nearestNames } from '../contracts/nearest-names.ts'
import { plainNames } from './plain-names.ts'

/** One feature, resolved: its family and parameters, the series it is computed on, and the digest of all that can move its value. */
export type Definition = {
  readonly id: string
  readonly family: Family
  readonly params: readonly number[]
  readonly timeframe: Timeframe
  /** Name of the kernel with its version: equal keys share a kernel and may share states across restarts. */
  readonly kernelKey: string
  readonly warmUp: WarmUp
  readonly digest: string
}

const byName = new Map(families.map((family) => [family.name, family]))
const shape = /^([a-z][a-z0-9_]*)(?:\(([^()]*)\))?(?:@([0-9a-z]+))?$/
const spaces = /\s+/g

/** How a family with these parameters is written on a timeframe. */
function written(family: Family, params: readonly number[], timeframe: Timeframe): string {
  const list = params.length === 0 ? '' : `(${params.join(',')})`
  return family.name + list + (family.perTimeframe ? `@${timeframe}` : '')
}

const usualId = (family: Family, timeframe: Timeframe): string => {
  const usual = family.parameters.map((parameter) => parameter.usual)
  return written(family, usual, timeframe)
}

function refuse(id: string, why: string, nearest: readonly string[]): never {
  const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`
  throw new ServingError('unknown_feature', `${JSON.stringify(id.slice(0, 100))}: ${why}.${hint}`)
}

/** Checks the parameters against the family: as many as declared, whole where they count bars, within limits. */
function readParams(id: string, family: Family, list: string | undefined): number[] {
  const texts = list === undefined || list === '' ? [] : list.split(',')
  const form = [usualId(family, '1m')]
  if (texts.length !== family.parameters.length) {
    const names = family.parameters.map(({ name }) => name).join(',') || 'none'
    refuse(id, `${family.name} takes ${family.parameters.length} parameter(s), always written: ${names}`, form)
  }
  const params = texts.map((text, position) => {
    const { name, min, max, whole } = family.parameters[position] as Family['parameters'][number]
    const value = Number(text)
    const fits = String(value) === text && value >= min && value <= max && (!whole || Number.isInteger(value))
    return fits
      ? value
      : refuse(id, `${name} must be ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}, written plainly, got ${JSON.stringify(text)}`, form)
  })
  const reason = family.refuse?.(params)
  return reason === undefined ? params : refuse(id, reason, form)
}

/** Names that someone may have meant: plain names become what they stand for, else families by spelling. */
function suggestions(name: string, timeframe: Timeframe): string[] {
  const plain = plainNames[name]
  if (plain !== undefined) return [`${plain}@${timeframe}`]
  return nearestNames(name, byName.keys()).map((near) => usualId(byName.get(near) as Family, timeframe))
}

function digestOf({ id, family, params, warmUp }: Omit<Definition, 'digest'>): string {
  const { name, version, inputs, output } = family
  return hash(
    'sha256',
    JSON.stringify({
      id,
      name,
      params,
      version,
      inputs,
      kernel: family.kernelKey(params),
      output,
      warmUp,
    }),
  )
}

/** The parts of an id. Refuses what is not written as one. */
function readParts(id: string, timeframe: Timeframe): { readonly name: string; readonly list: string | undefined; readonly frame: string | undefined } {
  const match = id.length <= 100 ? shape.exec(id) : null
  if (match) return { name: match[1] as string, list: match[2], frame: match[3] }
  const tight = id.slice(0, 200).replace(spaces, '')
  return refuse(id, 'not written as name(parameters)@timeframe', shape.test(tight) ? [tight] : suggestions(id, timeframe))
}

/** The definition behind a canonical id such as `rsi(14)@1m`; `timeframe` is the one of the set, for features that have none of their own. Throws `unknown_feature` with the nearest names. */
export function defineFeature(id: string, timeframe: Timeframe): Definition {
  const { name, list, frame } = readParts(id, timeframe)
  const family = byName.get(name) ?? refuse(id, 'no such feature', suggestions(name, frame !== undefined && isTimeframe(frame) ? frame : timeframe))
  const params = readParams(id, family, list)
  if (family.perTimeframe && (frame === undefined || !isTimeframe(frame)))
    refuse(id, `the timeframe must be written, one of ${Object.keys(timeframes).join(', ')}`, [written(family, params, timeframe)])
  const own = family.perTimeframe ? (frame as Timeframe) : timeframe
  const canonical = written(family, params, own)
  if (canonical !== id) refuse(id, 'not written canonically', [canonical])
  const kernelKey = `${family.kernelKey(params)}#${family.version}`
  const definition = { id, family, params, timeframe: own, kernelKey, warmUp: family.warmUp(params, timeframes[own]) }
  return { ...definition, digest: digestOf(definition) }
}

/** Digest of an ordered list of definitions on a timeframe: equal digests mean that every value is computed in the same way. */
export const digestOfSet = (timeframe: Timeframe, definitions: readonly Definition[]): string =>
  hash('sha256', JSON.stringify({ timeframe, features: definitions.map(({ id, digest }) => [id, digest]) }))
