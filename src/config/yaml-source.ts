import { isMap, isScalar, LineCounter, type Node, type ParsedNode, parseDocument, type YAMLMap } from 'yaml'
import { meant } from '../contracts/nearest-names.ts'
import type { Given, SourceReading } from './given.ts'
import type { Problem } from './problems.ts'
import { type GroupSchema, isGroup, type LeafSchema, rootGroup } from './settings.ts'

type Walk = {
  readonly place: (node: unknown) => string
  readonly value: (node: Node) => unknown
  readonly given: Given[]
  readonly problems: Problem[]
}

/** Reads the text of a YAML file: every setting with its line and column; syntax errors, unknown keys and misplaced values as problems. */
export function readYamlSource(text: string, file: string): SourceReading {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  if (document.errors.length > 0)
    return { given: [], problems: document.errors.map((error) => ({ where: at(error.pos[0]), name: '', message: error.message })) }
  const walk: Walk = {
    place: (node) => at((node as ParsedNode | null)?.range?.[0] ?? 0),
    value: (node) => node.toJS(document),
    given: [],
    problems: [],
  }
  const { contents } = document
  if (isMap(contents)) readGroup(walk, { map: contents, group: rootGroup, above: '' })
  else if (contents !== null && !(isScalar(contents) && contents.value === null))
    walk.problems.push({ where: at(0), name: '', message: 'must be a mapping of settings' })
  return walk
}

const isNothing = (node: unknown): boolean => node === null || (isScalar(node) && node.value === null)

function readGroup(walk: Walk, { map, group, above }: { map: YAMLMap; group: GroupSchema; above: string }): void {
  for (const { key, value } of map.items) {
    const word = String(isScalar(key) ? key.value : key)
    const schema = Object.hasOwn(group.properties, word) ? group.properties[word] : undefined
    if (schema === undefined) walk.problems.push({ where: walk.place(key), name: `${above}${word}`, message: unknown(word, Object.keys(group.properties)) })
    else readEntry(walk, { name: `${above}${word}`, schema, value: value as Node | null, place: walk.place(isNothing(value) ? key : value) })
  }
}

function readEntry(walk: Walk, { name, schema, value, place }: { name: string; schema: LeafSchema; value: Node | null; place: string }): void {
  if (!isGroup(schema)) walk.given.push({ name, value: value === null ? null : walk.value(value), where: place })
  else if (isMap(value)) readGroup(walk, { map: value, group: schema, above: `${name}.` })
  // A group whose settings are all commented out reads as null: nothing is set.
  else if (!isNothing(value)) walk.problems.push({ where: place, name, message: `must be a mapping with ${Object.keys(schema.properties).join(', ')}` })
}

/** Says that a word names no setting, and which ones come near. */
export const unknown = (word: string, names: Iterable<string>): string => `is no setting${meant(word, names)}`
