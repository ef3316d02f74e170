/** Element types that a frame carries, each as the raw little-endian bytes of its typed array. */
export const tensorArrays = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array } as const
/** Name of an element type in `tensorArrays`. */
export type TensorType = keyof typeof tensorArrays
/** Values of a tensor. */
export type TensorData = Float32Array | Float64Array | BigInt64Array

/** A named dense array, row-major; the product of `shape` is the length of `data`. */
export type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly data: TensorData }

/** The element type of an array of values. */
export function typeOf(data: TensorData): TensorType {
  if (data instanceof Float32Array) return 'float32'
  return data instanceof Float64Array ? 'float64' : 'int64'
}
