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

type List = { readonly open: number; readonly ends: readonly number[]; readonly close: number }

/** The list that opens at `open`: where each of its values ends, and where itself; undefined if nothing closes it. */
function listAt(text: string, open: number): List | undefined {
  if (text.charCodeAt(open) !== openList) return undefined
  const ends: number[] = []
  let at = open
  do ends.push((at = endOfValue(text, at + 1)))
  while (text.charCodeAt(at) === comma)
  return text.charCodeAt(at) === closeList ? { open, ends, close: at } : undefined
}

type Member = { readonly key: string; readonly value: number }

/** The key behind the bracket or comma at `at`, quotes included, and where its value begins; undefined if there is none. */
function memberAt(text: string, at: number): Member | undefined {
  const from = afterSpace(text, at + 1)
  if (text.charCodeAt(from) !== quote) return undefined
  const to = endOfString(text, from)
  const mark = afterSpace(text, to)
  return text.charCodeAt(mark) === colon ? { key: text.slice(from, to), value: afterSpace(text, mark + 1) } : undefined
}

/** The list that is a member of the outermost object; undefined if there is none, or more than one. */
function listOf(text: string, name: string): List | undefined {
  const key = JSON.stringify(name)
  let found: List | undefined
  let at = afterSpace(text, 0)
  if (text.charCodeAt(at) !== openObject) return undefined
  do {
    const member = memberAt(text, at)
    if (member === undefined) return undefined
    const list = member.key === key ? listAt(text, member.value) : undefined
    if (member.key === key && (list === undefined || found !== undefined)) return undefined
    found ??= list
    at = endOfValue(text, list === undefined ? member.value : list.close + 1)
  } while (text.charCodeAt(at) === comma)
  return found
}

/**
 * Takes the values of the list `name` out of a JSON text, to be parsed one after the other: all at once they take many times their text. Undefined for a text in which there is no such list, or which
 * is no JSON as far as that can be seen here: JSON.parse has the words for it.
 */
export function splitJson(text: string, name: string): SplitJson | undefined {
  const list = listOf(text, name)
  if (list === undefined) return undefined
  const { open, ends, close } = list
  const isEmpty = ends.length === 1 && afterSpace(text, open + 1) === close
  return {
    rest: `${text.slice(0, open)}[]${text.slice(close + 1)}`,
    count: isEmpty ? 0 : ends.length,
    value: (index) => text.slice((index === 0 ? open : (ends[index - 1] as number)) + 1, ends[index]),
  }
}
