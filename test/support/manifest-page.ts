import { duration, ManifestSchema, modelNamePattern, semverPattern } from '../../src/contracts/manifest.ts'

type Schema = {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema | readonly Schema[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

const plain = (schema: object): Schema => JSON.parse(JSON.stringify(schema)) as Schema
const code = (text: string): string => `\`${text}\``
const row = (...cells: readonly string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`

/** What texts of a pattern look like; of others the description says it. */
const looks: ReadonlyMap<string | undefined, string> = new Map([
  [plain(duration).pattern, 'duration: `250ms`, `15m`, `1h`'],
  [semverPattern, '`1.2.3`'],
  [modelNamePattern, '`a-z`, `0-9`, `_`; at most 64'],
])

function numberWords({ type, minimum, exclusiveMinimum, maximum }: Schema): string {
  const kind = type === 'integer' ? 'whole number' : 'number'
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum}`
  if (minimum === undefined) return kind
  return maximum === undefined ? `${kind} from ${minimum}` : `${kind}, ${minimum} to ${maximum}`
}

const isTuple = (items: Schema['items']): items is readonly Schema[] => Array.isArray(items)

function listWords({ items }: Schema): string {
  if (isTuple(items)) return `\`[a, b]\`: ${valuesOf(items[0] as Schema)}, twice`
  return items?.properties === undefined ? `list: ${valuesOf(items as Schema)}` : 'list'
}

const memberWords = ([key, inner]: readonly [string, Schema]): string =>
  inner.const === undefined ? key : `${key}: ${JSON.stringify(inner.const).replaceAll('"', '')}`

/** What may stand in a place, in words. */
function valuesOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.anyOf) return schema.anyOf.map(valuesOf).join(' or ')
  if (schema.properties) return code(`{ ${Object.entries(schema.properties).map(memberWords).join(', ')} }`)
  if (schema.type === 'array') return listWords(schema)
  if (schema.type === 'object') return 'mapping'
  return schema.type === 'string' ? (looks.get(schema.pattern) ?? 'text') : numberWords(schema)
}

/** A line for each key, and below a mapping or a list of mappings one for each of its own. */
function lines(schema: Schema, path = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const isNeeded = schema.required?.includes(key) === true
    const of = isTuple(inner.items) || inner.items?.properties === undefined ? inner : inner.items
    const here = row(code(`${path}${key}`), isNeeded ? 'yes' : '', inner.properties ? '' : valuesOf(inner), inner.description ?? '')
    return [here, ...lines(of, `${path}${key}${of === inner ? '.' : '[].'}`)]
  })
}

const manifestTable = (): string => [row('key', 'needed', 'values', 'what it says'), '| --- | --- | --- | --- |', ...lines(plain(ManifestSchema))].join('\n')

/** The JSON Schema of a manifest, for editors: also of one that is still to be sealed, and so without `files`. Its lists of two are written as draft 7 has them. */
export function manifestSchemaText(): string {
  const required = ManifestSchema.required.filter((key) => key !== 'files')
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...ManifestSchema, required }, null, 2)}\n`
}

/** The page of `model.yaml`, with its table as the schema says. */
export const manifestPage = (text: string): string =>
  text.replace(/<!-- keys -->[\s\S]*<!-- \/keys -->/, () => `<!-- keys -->\n${manifestTable()}\n<!-- /keys -->`)
