import { Errors } from 'typebox/schema'
import type { LeafSchema } from './settings.ts'

type Fault = { readonly keyword: string; readonly instancePath: string; readonly message: string; readonly params: object }

/** One thing that is wrong: where it was written (`presage.yaml:3:9`, `PRESAGE_GATEWAY_PORT`, `--port`), which setting, and what to do. */
export type Problem = { readonly where: string; readonly name: string; readonly message: string }

const words = (fault: Fault): string => {
  const { allowedValues, additionalProperties } = fault.params as { allowedValues?: readonly unknown[]; additionalProperties?: readonly string[] }
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`
  if (additionalProperties) return `has unknown keys: ${additionalProperties.join(', ')}`
  return fault.message
}

const inside = (instancePath: string): string => (instancePath === '' ? '' : `${instancePath.slice(1).replaceAll('/', '.')} `)

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? String(value)

/** What is wrong with one value, in words that name the limit; empty if nothing is. A secret is never repeated. */
export function faultsOf(schema: LeafSchema, value: unknown): string[] {
  const faults = (Errors(schema, value)[1] as readonly Fault[]).filter(({ message }) => message !== 'schema is false')
  const seen = schema.secret ? '' : `, not ${show(value)}`
  return faults.map((fault) => `${inside(fault.instancePath)}${words(fault)}${seen}`)
}
