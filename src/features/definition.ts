import { hash } from 'node:crypto'
import { ServingError } from '../contracts/error.ts'
import { isSymbol } from '../contracts/symbol.ts'
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
  /** The other symbol that it is computed with. */
  readonly partner: string | undefined
  /** Name of the kernel with its version: equal keys share a kernel and may share states across restarts. */
  readonly kernelKey: string
  readonly warmUp: WarmUp
  readonly digest: string
}

const byName = new Map(families.map((family) => [family.name, family]))
const shape = /^([a-z][a-z0-9_]*)(?:\(([^()]*)\))?(?:@([0-9a-z]+))?$/
const spaces = /\s+/g

const usualPartner = 'BTC/USDT'

type Arguments = Pick<Definition, 'partner' | 'params'>

/** How a family with these arguments is written on a timeframe. */
function written(family: Family, { partner, params }: Arguments, timeframe: Timeframe): string {
  const args = partner === undefined ? params : [partner, ...params]
  const list = args.length === 0 ? '' : `(${args.join(',')})`
  return family.name + list + (family.perTimeframe ? `@${timeframe}` : '')
}

/** The id of a family with the usual parameters. */
export const usualId = (family: Family, timeframe: Timeframe): string => {
  const params = family.parameters.map((parameter) => parameter.usual)
  return written(family, { partner: family.partner && usualPartner, params }, timeframe)
}

function refuse(id: string, why: string, nearest: readonly string[]): never {
  const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`
  throw new ServingError('unknown_feature', `${JSON.stringify(id.slice(0, 100))}: ${why}.${hint}`)
}

/** Checks the parameters against the family: whole where they count bars, within limits. */
function readParams(id: string, family: Family, texts: readonly string[]): number[] {
  const form = [usualId(family, '1m')]
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

/** The arguments of an id: as many as the family declares, the symbol of a partner first. */
function readArguments(id: string, family: Family, list: string | undefined): Arguments {
  const texts = list === undefined || list === '' ? [] : list.split(',')
  const names = [...(family.partner ? ['symbol'] : []), ...family.parameters.map(({ name }) => name)]
  const form = [usualId(family, '1m')]
  if (texts.length !== names.length) refuse(id, `${family.name} takes ${names.length} parameter(s), always written: ${names.join(',') || 'none'}`, form)
  if (!family.partner) return { partner: undefined, params: readParams(id, family, texts) }
  const partner = texts[0] as string
  return isSymbol(partner) ? { partner, params: readParams(id, family, texts.slice(1)) } : refuse(id, `${JSON.stringify(partner)} is not a symbol`, form)
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
  const args = readArguments(id, family, list)
  if (family.perTimeframe && (frame === undefined || !isTimeframe(frame)))
    refuse(id, `the timeframe must be written, one of ${Object.keys(timeframes).join(', ')}`, [written(family, args, timeframe)])
  const own = family.perTimeframe ? (frame as Timeframe) : timeframe
  const canonical = written(family, args, own)
  if (canonical !== id) refuse(id, 'not written canonically', [canonical])
  const { params } = args
  const kernelKey = `${family.kernelKey(params)}#${family.version}`
  const definition = { id, family, ...args, timeframe: own, kernelKey, warmUp: family.warmUp(params, timeframes[own]) }
  return { ...definition, digest: digestOf(definition) }
}

/** Digest of an ordered list of definitions on a timeframe: equal digests mean that every value is computed in the same way. */
export const digestOfSet = (timeframe: Timeframe, definitions: readonly Definition[]): string =>
  hash('sha256', JSON.stringify({ timeframe, features: definitions.map(({ id, digest }) => [id, digest]) }))
