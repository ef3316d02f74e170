import { parse } from 'yaml'
import type { Given, SourceReading } from './given.ts'
import type { Problem } from './problems.ts'
import { type LeafSchema, type Setting, settings } from './settings.ts'
import { unknown } from './yaml-source.ts'

/** Names a variable of the environment that belongs to the product but is no setting: the path of the YAML file. */
export const fileVariable = 'PRESAGE_CONFIG'

// Kubernetes sets these in every pod when a service has the name `presage`: nobody meant them as settings.
const serviceLink = /^PRESAGE(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/

function listOf(text: string, items: LeafSchema | undefined): unknown {
  if (items?.type === 'string' && !text.trimStart().startsWith('[')) return text === '' ? [] : text.split(',').map((part) => part.trim())
  try {
    return parse(text)
  } catch {
    return text
  }
}

/** The value that a text stands for; a text that does not fit stays as it is, so that the schema can say what was expected. */
function valueOf(text: string, schema: LeafSchema): unknown {
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type === 'integer' || schema.type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  return schema.type === 'array' ? listOf(text, schema.items) : text
}

type TextSource = {
  readonly texts: readonly (readonly [key: string, text: string])[]
  readonly keyOf: (setting: Setting) => string
  readonly where: (key: string) => string
}

function readTexts({ texts, keyOf, where }: TextSource): SourceReading {
  const byKey = new Map(settings.map((setting) => [keyOf(setting), setting]))
  const given: Given[] = []
  const problems: Problem[] = []
  for (const [key, text] of texts) {
    const setting = byKey.get(key)
    if (setting) given.push({ name: setting.name, value: valueOf(text, setting.schema), where: where(key) })
    else problems.push({ where: where(key), name: '', message: unknown(key, byKey.keys()) })
  }
  return { given, problems }
}

/** Reads `PRESAGE_…` variables; one that names no setting is a problem, as a misspelt setting would be ignored otherwise. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SourceReading {
  const known = new Set(settings.map(({ variable }) => variable))
  const texts = Object.entries(env)
    .filter((entry): entry is [string, string] => entry[0].startsWith('PRESAGE_') && entry[1] !== undefined)
    .filter(([name]) => known.has(name) || (name !== fileVariable && !serviceLink.test(name)))
  return readTexts({ texts, keyOf: ({ variable }) => variable, where: (name) => name })
}

/** Reads settings of the command line, by their path: `gateway.port` -> `8081`. */
export function readFlags(flags: Readonly<Record<string, string>>): SourceReading {
  return readTexts({ texts: Object.entries(flags), keyOf: ({ name }) => name, where: (name) => `command line, ${name}` })
}
