import { endOfString } from '../json-shape.ts'
import { parseJson } from '../parse-json.ts'
import type { Value } from './document.ts'

const standIns: Readonly<Record<string, string>> = { NaN: 'null', Infinity: '1e999' }

/** XGBoost writes NaN and Infinity as bare words, which JSON does not know: outside of strings they become null and a number beyond all others. */
function withoutBareWords(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text
  const next = /"|NaN|Infinity/g
  const parts: string[] = []
  let from = 0
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const standIn = standIns[found[0]]
    if (standIn === undefined) next.lastIndex = endOfString(text, found.index)
    else {
      parts.push(text.slice(from, found.index), standIn)
      from = next.lastIndex
    }
  }
  return parts.join('') + text.slice(from)
}

/** A JSON text as XGBoost writes it: NaN is null. Throws ModelFormatError for anything else. */
export function parseXgBoostText(text: string): Value {
  return parseJson(withoutBareWords(text), text) as Value
}
