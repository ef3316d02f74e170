import { nearestNames } from '../../contracts/nearest-names.ts'
import { barFields, type Parameter, units } from '../catalog/family.ts'
import type { ModuleFeature } from './module-feature.ts'

type Fields = Readonly<Record<string, unknown>>
/** What a field must be, in words, when it may be absent, and whether a value is that. */
type Rule = { readonly wants: string; readonly optional?: true; readonly fits: (value: unknown) => boolean }

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isFunction = (value: unknown): boolean => typeof value === 'function'
const text: Rule = { wants: 'a text', fits: isText }
const step: Rule = { wants: 'a function of the parameters', fits: isFunction }
const oneOf = (values: readonly string[]): Rule => ({ wants: `one of ${values.join(', ')}`, fits: (value) => values.includes(value as string) })

function isParameter(value: unknown): value is Parameter {
  if (!isObject(value) || !isText(value['name']) || typeof value['whole'] !== 'boolean') return false
  const { min, max, usual, whole } = value
  if (!(isNumber(min) && isNumber(max) && isNumber(usual))) return false
  return min <= usual && usual <= max && (!whole || Number.isInteger(usual))
}

const rules: Readonly<Record<keyof ModuleFeature, Rule>> = {
  name: { wants: 'a letter and up to 63 more of a-z, 0-9 and _', fits: (value) => isText(value) && /^[a-z][a-z0-9_]{0,63}$/.test(value) },
  partner: { wants: 'true, or not there', optional: true, fits: (value) => value === true },
  parameters: {
    wants: 'a list of { name, min, max, whole, usual } with usual from min to max',
    fits: (value) => Array.isArray(value) && value.every(isParameter),
  },
  summary: text,
  formula: text,
  source: { ...text, optional: true },
  unit: oneOf(units),
  cost: oneOf(['O(1)', 'O(n)']),
  flatWhen: { ...text, optional: true },
  inputs: {
    wants: `a list of fields of a bar: ${barFields.slice(0, 7).join(', ')}, or those of order flow`,
    fits: (value) => Array.isArray(value) && value.length > 0,
  },
  kernel: { ...step, wants: 'a function of the parameters that makes { size, outputs: 1, step(state, input, out) }' },
  warmUp: { ...step, wants: 'a function of the parameters that says { first, settled }' },
  range: {
    wants: '{ min, max }, numbers or infinite, min below max',
    fits: (value) => isObject(value) && isNumber(value['min']) && isNumber(value['max']) && value['min'] < value['max'],
  },
  refuse: { ...step, optional: true },
}

const near = (word: string, known: Iterable<string>): string => {
  const found = nearestNames(word, known)
  return found.length === 0 ? '' : ` Did you mean ${found.join(' or ')}?`
}

function inputFault({ inputs, partner }: ModuleFeature): string | undefined {
  const unknown = (inputs as readonly unknown[]).map(String).find((input) => !barFields.some((field) => field === input))
  if (unknown !== undefined) return `inputs: a bar has no field ${JSON.stringify(unknown)}.${near(unknown, barFields)}`
  if (inputs.includes('partnerClose') === (partner === true)) return undefined
  return 'partnerClose is an input of features with partner: true, and of those only'
}

/** What an export is, if it is a feature; else what is wrong with it, in words. */
export function readFeatureExport(value: unknown): ModuleFeature | string {
  if (!isObject(value) || Array.isArray(value))
    return 'is no feature: export an object with name, parameters, inputs, warmUp, range, kernel and so on, and nothing else'
  const stranger = Object.keys(value).find((key) => !Object.hasOwn(rules, key))
  if (stranger !== undefined) return `${stranger} has no meaning here.${near(stranger, Object.keys(rules))}`
  const wrong = Object.entries(rules).find(([key, { optional, fits }]) => (value[key] === undefined ? !optional : !fits(value[key])))
  if (wrong) return `${wrong[0]} must be ${wrong[1].wants}`
  const feature = value as ModuleFeature
  return inputFault(feature) ?? feature
}
