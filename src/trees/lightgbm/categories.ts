import { shapeOfJson } from '../json-shape.ts'
import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'

/** Whether JSON, if it is any, is a list of at most `most` lists of plain values: what is deeper takes up to fifty times its text to read. */
function isListOfLists(text: string, most: number): boolean {
  const { depth, lists, objects } = shapeOfJson(text)
  return depth <= 2 && lists <= most + 1 && objects === 0
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
