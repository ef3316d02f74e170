import { ModelFormatError } from '../model-format-error.ts'
import type { Value } from './document.ts'

/** XGBoost writes NaN and Infinity as bare words, which JSON does not know: outside of strings they become null and a number beyond all others. */
function withoutBareWords(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text
  let inString = false
  return text.replace(/\\.|"|NaN|Infinity/gs, (token) => {
    if (token === '"') inString = !inString
    if (inString || token === '"' || token.startsWith('\\')) return token
    return token === 'NaN' ? 'null' : '1e999'
  })
}

/** A JSON text as XGBoost writes it: NaN is null. Throws ModelFormatError for anything else. */
export function parseJson(text: string): Value {
  try {
    return JSON.parse(withoutBareWords(text)) as Value
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new ModelFormatError(`the file is not JSON: ${cause.message.slice(0, 200)}`)
  }
}
