/** A value that a graph takes or gives: the name of each dimension that is not fixed, '' when it has none; `type` and `shape` are absent for sequences and maps. */
export type ValueInfo = { readonly name: string; readonly type?: string; readonly shape?: readonly (number | string)[] }

/** Names for people. */
export const quoted = (values: readonly { readonly name: string }[]): string => values.map(({ name }) => JSON.stringify(name)).join(', ')

/** Type and shape for people: `float32[N, 3]`. */
export const written = ({ type, shape }: ValueInfo): string => `${type}[${(shape ?? []).map((size) => (size === '' ? '?' : size)).join(', ')}]`

/** A dimension that is not fixed fits any size. */
export const fits = (dimension: number | string | undefined, size: number): boolean => typeof dimension !== 'number' || dimension === size
