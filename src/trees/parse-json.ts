import { doubledKey, keysWithin } from './doubled-key.ts'
import { shapeOfJson } from './json-shape.ts'
import { ModelFormatError } from './model-format-error.ts'
import { type SplitJson, splitJson } from './split-json.ts'

/** Lists and objects within each other; models have 8 at most. */
const deepest = 32
/**
 * Text that stands behind each list or object and each member, on average: the smallest trees of either format have 9 and 12 characters, usual ones a hundred. V8 takes 100 bytes
 * for a list or an object, 180 for an object with a key of its own, so with these bounds at most 15 times the text, where `{},{},` takes 32 and `[[[[` 56.
 */
const charactersPer = { container: 8, member: 12 } as const
/** What any text may have, however short it is. */
const fewest = 1000

/** Answers how many members the objects of the text have. */
function checkShape(text: string): number {
  const { depth, lists, objects, members } = shapeOfJson(text)
  const most = (characters: number): number => fewest + Math.floor(text.length / characters)
  const refuse = (fault: string): never => {
    throw new ModelFormatError(`the file is not JSON of a model: it has ${fault}`)
  }
  if (depth > deepest) refuse(`more than ${deepest} lists and objects within each other`)
  if (lists + objects > most(charactersPer.container)) refuse(`${lists} lists and ${objects} objects in ${text.length} characters`)
  if (members > most(charactersPer.member)) refuse(`${members} keys in ${text.length} characters`)
  return members
}

/** Of two values of one key the last would count here, and perhaps another elsewhere. */
function checkKeys(text: string, keys: number, members: number): void {
  if (keys === members) return
  const { key = '', at = 0 } = doubledKey(text) ?? {}
  throw new ModelFormatError(`"${key.slice(0, 40)}" is written twice in one object, the second time at character ${at + 1} of the file`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new ModelFormatError(`the file is not JSON, perhaps cut off: ${cause.message.slice(0, 200)}`)
  }
}

/** What the JSON text of a model says; a text that is no JSON, or whose nesting, lists, objects and keys take more memory than a model of its size, is refused, and so is a key that stands twice, told with its place in what was `written`. Throws ModelFormatError. */
export function parseJson(text: string, written = text): unknown {
  const members = checkShape(text)
  const document = parsed(text)
  checkKeys(written, keysWithin(document), members)
  return document
}

/** As `parseJson`, but the list `name` of the outermost object, empty in `document`, is parsed value by value: so only one of them is in memory. A key that stands twice in one of them is refused behind the last. */
export function parseJsonInParts(text: string, name: string): { readonly document: unknown; readonly values: Iterable<unknown> | undefined } {
  const members = checkShape(text)
  const split = splitJson(text, name)
  const document = parsed(split?.rest ?? text)
  const keys = keysWithin(document)
  if (split === undefined) checkKeys(text, keys, members)
  return { document, values: split && valuesOf(split, (more) => checkKeys(text, keys + more, members)) }
}

function* valuesOf({ count, value }: SplitJson, checkAll: (keys: number) => void): Generator {
  let keys = 0
  for (let index = 0; index < count; index++) {
    const item = parsed(value(index))
    keys += keysWithin(item)
    yield item
  }
  checkAll(keys)
}
