import { shapeOfJson } from './json-shape.ts'
import { ModelFormatError } from './model-format-error.ts'
import { splitJson } from './split-json.ts'

/** Lists and objects within each other; models have 8 at most. */
const deepest = 32
/**
 * Text that stands behind each list or object and each member, on average: the smallest trees of either format have 9 and 12 characters, usual ones a hundred. V8 takes 100 bytes
 * for a list or an object, 180 for an object with a key of its own, so with these bounds at most 15 times the text, where `{},{},` takes 32 and `[[[[` 56.
 */
const charactersPer = { container: 8, member: 12 } as const
/** What any text may have, however short it is. */
const fewest = 1000

function checkShape(text: string): void {
  const { depth, lists, objects, members } = shapeOfJson(text)
  const most = (characters: number): number => fewest + Math.floor(text.length / characters)
  const refuse = (fault: string): never => {
    throw new ModelFormatError(`the file is not JSON of a model: it has ${fault}`)
  }
  if (depth > deepest) refuse(`more than ${deepest} lists and objects within each other`)
  if (lists + objects > most(charactersPer.container)) refuse(`${lists} lists and ${objects} objects in ${text.length} characters`)
  if (members > most(charactersPer.member)) refuse(`${members} keys in ${text.length} characters`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new ModelFormatError(`the file is not JSON, perhaps cut off: ${cause.message.slice(0, 200)}`)
  }
}

/** What the JSON text of a model says; a text that is no JSON, or whose nesting, lists, objects and keys take more memory than a model of its size, is refused. Throws ModelFormatError. */
export function parseJson(text: string): unknown {
  checkShape(text)
  return parsed(text)
}

/** As `parseJson`, but the list `name` of the outermost object, empty in `document`, is parsed value by value: so only one of them is in memory. */
export function parseJsonInParts(text: string, name: string): { readonly document: unknown; readonly values: Iterable<unknown> | undefined } {
  checkShape(text)
  const split = splitJson(text, name)
  if (split === undefined) return { document: parsed(text), values: undefined }
  const values = function* (): Generator {
    for (let index = 0; index < split.count; index++) yield parsed(split.value(index))
  }
  return { document: parsed(split.rest), values: values() }
}
