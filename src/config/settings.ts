import type { TSchema } from 'typebox'
import { ConfigSchema } from './schema.ts'

/** One thing that can be set: its path in the YAML file and its variable, which is the same path in another spelling. */
export type Setting = {
  readonly path: readonly string[]
  readonly name: string
  readonly variable: string
  readonly schema: LeafSchema
  readonly optional: boolean
}

/** The parts of a JSON Schema that a setting uses. */
export type LeafSchema = TSchema & {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly items?: LeafSchema
  readonly secret?: boolean
}

/** An object of the schema: its keys, and which of them must be there. */
export type GroupSchema = LeafSchema & { readonly properties: Readonly<Record<string, LeafSchema>>; readonly required?: readonly string[] }

/** The whole schema as the group that it is. */
export const rootGroup = ConfigSchema as unknown as GroupSchema

/** True for an object of settings, false for a setting. */
export const isGroup = (schema: LeafSchema): schema is GroupSchema => 'properties' in schema

const snake = (word: string): string => word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

const listSettings = (group: GroupSchema, above: readonly string[]): Setting[] =>
  Object.entries(group.properties).flatMap(([key, schema]) => {
    const path = [...above, key]
    if (isGroup(schema)) return listSettings(schema, path)
    return [{ path, name: path.join('.'), variable: `PRESAGE_${path.map(snake).join('_')}`, schema, optional: !group.required?.includes(key) }]
  })

/** Every setting, in the order of the schema. */
export const settings: readonly Setting[] = listSettings(rootGroup, [])
