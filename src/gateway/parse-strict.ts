import { isUtf8 } from 'node:buffer'
import { ServingError } from '../contracts/error.ts'
import { endOfString, faultsIn, keepsValue } from './json-walk.ts'
import { setAside } from './unread-item.ts'

const deepestNesting = 32
const jsonType = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i

const quote = 34
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isOpening = (code: number): boolean => code === 123 || code === 91
const isClosing = (code: number): boolean => code === 125 || code === 93
const isExponent = (code: number): boolean => code === 101 || code === 69

/** Fields named in the text; -1 if a number in it would not survive. Throws `malformed_json` for nesting that is too deep, before anything is built from it. */
function scan(text: string): number {
  let names = 0
  let depth = 0
  let intact = true
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === quote) i = endOfString(text, i)
    else if (code === 58) names += 1
    else if (isDigit(code)) {
      const end = endOfNumber(text, i)
      if (end < 0) intact = false
      i = Math.abs(end)
    } else if (isOpening(code)) {
      depth += 1
      if (depth > deepestNesting) throw new ServingError('malformed_json', `The body nests deeper than ${deepestNesting} levels`)
    } else if (isClosing(code)) depth -= 1
  }
  return intact ? names : -1
}

/** Index of the last character of the number that begins at `start`, negative if the number is not kept as written. */
function endOfNumber(text: string, start: number): number {
  let end = start
  let exponent = false
  for (let code = text.charCodeAt(end + 1); isDigit(code) || code === 46 || code === 43 || code === 45 || isExponent(code); code = text.charCodeAt(end + 1)) {
    if (isExponent(code)) exponent = true
    end += 1
  }
  if (!exponent && end - start < 15) return end
  return keepsValue(text.slice(start, end + 1)) ? end : -end
}

/** Fields in the value; -1 if one has a name that could reach a prototype. */
function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) {
      const inside = countFields(item)
      if (inside < 0) return -1
      count += inside
    }
    return count
  }
  for (const name in value) {
    const inside = name === '__proto__' ? -1 : countFields((value as Record<string, unknown>)[name])
    if (inside < 0) return -1
    count += inside + 1
  }
  return count
}

/** Throws `unsupported_media_type` unless the header says JSON in UTF-8. */
export function requireJsonType(contentType: string | undefined): void {
  if (contentType === 'application/json') return
  if (contentType === undefined || !jsonType.test(contentType))
    throw new ServingError('unsupported_media_type', 'Send the body as Content-Type: application/json, in UTF-8 and not compressed')
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new ServingError('malformed_json', 'The body is not valid UTF-8')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw new ServingError('malformed_json', 'The body begins with a byte order mark; leave it out')
  return bytes.toString('utf8')
}

/**
 * The one way from bytes to a value: UTF-8 without a byte order mark, at most 32 levels, every field once and none dropped, numbers that survive. Throws `malformed_json`, `unknown_field`
 * (`__proto__`), `non_finite_feature`, `validation_failed` (an integer beyond 2^53), each saying where. Items of `list`, a field of the body, that cannot be read are `UnreadItem`s instead, unless
 * the text is ambiguous.
 */
export function parseStrict(bytes: Buffer, list?: string): unknown {
  if (bytes.length === 0) throw new ServingError('malformed_json', 'The body is empty; send a JSON object')
  const text = decode(bytes)
  const names = scan(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    faultsIn(text)
    throw new ServingError('malformed_json', 'The body is not valid JSON')
  }
  if (names < 0 || names !== countFields(value)) setAside(value, faultsIn(text), list)
  return value
}
