/** What a JSON or UBJSON text says: the two encodings of one XGBoost model are equal documents, but for lists of numbers, which UBJSON packs. */
export type Value = null | boolean | number | string | readonly Value[] | Numbers | Members
/** A packed list of numbers. */
export type Numbers = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Int32Array
/** An object. */
export type Members = { readonly [key: string]: Value }

/** Whether a value is a list, packed or not. */
export function isList(value: Value | undefined): value is readonly Value[] | Numbers {
  return Array.isArray(value) || ArrayBuffer.isView(value)
}

/** Whether a value is an object. */
export function isMembers(value: Value | undefined): value is Members {
  return typeof value === 'object' && value !== null && !isList(value)
}
