import { isMembers } from './document.ts'
import { Part } from './part.ts'

const utf8 = new TextDecoder()

/** One column's categories: texts packed one behind another with their offsets, or whole numbers. */
function namesOf(column: Part): ArrayLike<unknown> {
  const values = column.numbers('values')
  if (column.get('offsets') === undefined) return values
  const offsets = column.wholes('offsets', { min: 0, max: values.length })
  const bytes = Uint8Array.from(values)
  return Array.from(offsets.subarray(1), (end, i) =>
    end < offsets[i]! ? column.fail('offsets', `falls at ${i + 1}`) : utf8.decode(bytes.subarray(offsets[i], end)),
  )
}

/** The category values that XGBoost since 3.1 keeps of data frames, one list per categorical column; undefined where the file has none. Throws ModelFormatError. */
export function parseCategoryNames(model: Part): readonly ArrayLike<unknown>[] | undefined {
  const cats = model.get('cats')
  if (!isMembers(cats)) return undefined
  const columns = Array.from(model.part('cats').list('enc'), (value, i) => namesOf(new Part(value, `cats.enc[${i}]`)))
  const categorical = columns.filter((names) => names.length > 0)
  return categorical.length === 0 ? undefined : categorical
}
