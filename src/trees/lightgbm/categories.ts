import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'

const [quote, backslash, open, close, brace] = ['"', '\\', '[', ']', '{'].map((mark) => mark.charCodeAt(0)) as [number, number, number, number, number]

/** Whether JSON, if it is any, is a list of at most `most` lists of plain values: what is deeper takes up to fifty times its text to read. */
function isListOfLists(text: string, most: number): boolean {
  let [depth, lists, isInString] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) isInString = !isInString
    else if (isInString) i += code === backslash ? 1 : 0
    else if (code === close) depth--
    else if (code === brace || (code === open && (++depth > 2 || ++lists > most + 1))) return false
  }
  return true
}

/** The `pandas_categorical` of a model with `inputs` features: one list of category values per categorical column, undefined if it is null. Throws ModelFormatError. */
export function parseCategories(text: string, inputs: number, place: ModelPlace): readonly (readonly unknown[])[] | undefined {
  const fault = (): ModelFormatError => new ModelFormatError(`pandas_categorical is not a list of at most ${inputs} lists`, place)
  if (!isListOfLists(text, inputs)) throw fault()
  try {
    const value: unknown = JSON.parse(text)
    if (value === null) return undefined
    if (Array.isArray(value) && value.every((list) => Array.isArray(list))) return value
  } catch {
    throw fault()
  }
  throw fault()
}
