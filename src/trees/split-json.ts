import { endOfString } from './json-shape.ts'

/** A JSON text without the values of one list of its outermost object: `rest` has an empty list in their place; each of them is a text of its own. */
export type SplitJson = { readonly rest: string; readonly count: number; readonly value: (index: number) => string }

const code = (mark: string): number => mark.charCodeAt(0)
const [quote, colon, comma] = [code('"'), code(':'), code(',')]
const [openList, closeList, openObject, closeObject] = [code('['), code(']'), code('{'), code('}')]
const spaces: readonly number[] = [' ', '\n', '\r', '\t'].map(code)

function afterSpace(text: string, from: number): number {
  let at = from
  while (spaces.includes(text.charCodeAt(at))) at++
  return at
}

/** Where the value at `from` ends: before a comma or a closing bracket of what it lies in, or with the text. */
function endOfValue(text: string, from: number): number {
  let open = 0
  for (let at = from; at < text.length; at++) {
    const mark = text.charCodeAt(at)
    if (mark === quote) at = endOfString(text, at) - 1
    else if (mark === openList || mark === openObject) open++
    else if (mark === closeList || mark === closeObject) {
      if (open-- === 0) return at
    } else if (mark === comma && open === 0) return at
  }
  return text.length
}

/** Where the value of a member of the outermost object begins; undefined if there is none, or more than one. */
function placeOfMember(text: string, name: string): number | undefined {
  const key = JSON.stringify(name)
  let found: number | undefined
  let at = afterSpace(text, 0)
  if (text.charCodeAt(at) !== openObject) return undefined
  do {
    const from = afterSpace(text, at + 1)
    const to = text.charCodeAt(from) === quote ? endOfString(text, from) : from
    const value = afterSpace(text, to) + 1
    if (text.charCodeAt(value - 1) !== colon) return undefined
    if (to - from === key.length && text.startsWith(key, from)) {
      if (found !== undefined) return undefined
      found = afterSpace(text, value)
    }
    at = endOfValue(text, value)
  } while (text.charCodeAt(at) === comma)
  return found
}

/**
 * Takes the values of the list `name` out of a JSON text, to be parsed one after the other: all at once they take many times their text. Undefined for a text in which there is no such list, or which
 * is no JSON as far as that can be seen here: JSON.parse has the words for it.
 */
export function splitJson(text: string, name: string): SplitJson | undefined {
  const open = placeOfMember(text, name)
  if (open === undefined || text.charCodeAt(open) !== openList) return undefined
  const ends: number[] = []
  let at = open
  do ends.push((at = endOfValue(text, at + 1)))
  while (text.charCodeAt(at) === comma)
  if (text.charCodeAt(at) !== closeList) return undefined
  const isEmpty = ends.length === 1 && afterSpace(text, open + 1) === at
  return {
    rest: `${text.slice(0, open)}[]${text.slice(at + 1)}`,
    count: isEmpty ? 0 : ends.length,
    value: (index) => text.slice((index === 0 ? open : ends[index - 1]!) + 1, ends[index]),
  }
}
