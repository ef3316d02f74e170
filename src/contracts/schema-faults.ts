import type { TSchema } from 'typebox'
import { Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'

/** How many errors a schema tells of: TypeBox stops after 8 by default, and one wrong value of a union makes one for each of its forms. */
export const faultsAtMost = 400
Settings.Set({ maxErrors: faultsAtMost })

/** One error of a compiled schema, as TypeBox reports it. */
export type SchemaFault = {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}
/** All that a schema has against a value, as TypeBox reports it. */
export const allFaults = (schema: TSchema, value: unknown): SchemaFault[] => Errors(schema, value)[1]

type Params = { readonly additionalProperties?: readonly string[]; readonly allowedValues?: readonly unknown[]; readonly allowedValue?: unknown }

const depth = (fault: SchemaFault): number => fault.schemaPath.split('/anyOf/').length
const wordsOf = (values: readonly unknown[]): string => `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`

/** The forms of a union, each with what keeps the value from it. */
function formsOf({ schemaPath }: SchemaFault, faults: readonly SchemaFault[]): SchemaFault[][] {
  const within = `${schemaPath}/anyOf/`
  const byForm = Map.groupBy(
    faults.filter((fault) => fault.schemaPath.startsWith(within)),
    (fault) => fault.schemaPath.slice(within.length).split('/')[0],
  )
  return [...byForm.values()]
}

/** Of a value that fits no form of a union, what is wrong by the form that it was meant as: the one that it names, else the nearest. */
function meantForm(union: SchemaFault, faults: readonly SchemaFault[]): SchemaFault[] {
  const forms = formsOf(union, faults)
  const named = forms.filter((form) => form.every(({ keyword }) => keyword !== 'const'))
  const constants = forms.flatMap((form) => form.filter(({ keyword }) => keyword === 'const'))
  if (named.length === 0 && constants[0]) {
    const allowedValues = constants.map(({ params }) => (params as Params).allowedValue)
    return [{ ...constants[0], keyword: 'enum', params: { allowedValues } }]
  }
  const least = Math.min(...named.map(({ length }) => length))
  const nearest = named.filter(({ length }) => length === least)
  const [first = []] = nearest
  if (nearest.length === 1 || first.length !== 1) return first
  return first.map((fault) => ({ ...fault, message: [...new Set(nearest.map(([each]) => each?.message))].join(' or ') }))
}

function wordsFor({ instancePath, message, params }: SchemaFault): string[] {
  const { additionalProperties, allowedValues, ...constant } = params as Params
  if (additionalProperties) return additionalProperties.map((key) => `${instancePath}/${key} has no meaning here`)
  const at = instancePath === '' ? '/' : instancePath
  if (allowedValues) return [`${at} ${wordsOf(allowedValues)}`]
  return [`${at} ${'allowedValue' in constant ? wordsOf([constant.allowedValue]) : message}`]
}

/** What a schema refuses, in words that say what to write, each behind its JSON pointer. Of unions only the form that was meant is spoken of. */
export function schemaFaults(faults: readonly SchemaFault[]): string[] {
  const outer = faults.filter((fault) => depth(fault) === 1)
  const said = outer.flatMap((fault) => (fault.keyword === 'anyOf' ? meantForm(fault, faults) : [fault]))
  return said.filter(({ keyword }) => keyword !== 'boolean').flatMap(wordsFor)
}
