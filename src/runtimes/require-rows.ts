/** Throws RangeError for values that do not make up `count` rows of the model. */
export function requireRows({ length }: Float64Array, count: number, { inputs }: { readonly inputs: number }): void {
  if (length !== count * inputs) throw new RangeError(`${count} rows of ${inputs} values are not ${length} values`)
}
