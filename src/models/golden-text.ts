import type { GoldenRows } from './golden.ts'

// JSON has no numbers for NaN and the infinities.
const nameOf = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

/** Values as a file of golden rows writes them. */
export const rowText = (values: Float64Array): string => JSON.stringify([...values].map(nameOf))

/** The text of a file of golden rows, a row a line. */
export function goldenText({ count, inputs, outputs, tolerance }: Omit<GoldenRows, 'outputsPerRow'>): string {
  const row = (values: Float64Array, index: number): string => rowText(values.subarray((index * values.length) / count, ((index + 1) * values.length) / count))
  const lines = Array.from({ length: count }, (_, index) => `{"input": ${row(inputs, index)}, "output": ${row(outputs, index)}}`)
  return `{"schema": 1, "tolerance": ${JSON.stringify(tolerance)}, "rows": [\n${lines.join(',\n')}\n]}\n`
}
