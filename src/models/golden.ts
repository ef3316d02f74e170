import type { Manifest } from '../contracts/manifest.ts'
import { refuse } from '../contracts/model-refusal.ts'
import { readGoldenFile } from './golden-file.ts'

/** Golden rows as matrices, row-major. */
export type GoldenRows = {
  readonly count: number
  readonly inputs: Float64Array
  readonly outputs: Float64Array
  readonly outputsPerRow: number
  readonly tolerance: { readonly absolute: number; readonly relative: number }
}

/** How well a model did on its golden rows. */
export type GoldenResult = { readonly rows: number; readonly reproduced: number; readonly maxAbsError: number }

/** Golden rows of a JSON text whose rows have `inputs` values. Throws `model_verification_failed`. */
export function parseGolden(text: string, inputs: number): GoldenRows {
  const { tolerance, rows } = readGoldenFile(text)
  const outputsPerRow = rows[0]?.output.length ?? 0
  for (const [index, { input, output }] of rows.entries()) {
    if (input.length !== inputs) throw refuse(`golden row ${index} has ${input.length} inputs, the manifest's features and window make ${inputs}`)
    if (output.length !== outputsPerRow) throw refuse(`golden row ${index} has ${output.length} outputs, the first has ${outputsPerRow}`)
  }
  return {
    count: rows.length,
    inputs: Float64Array.from(rows.flatMap(({ input }) => input)),
    outputs: Float64Array.from(rows.flatMap(({ output }) => output)),
    outputsPerRow,
    tolerance,
  }
}

/** Holds missing values to proof: each input that may be missing is so in some golden row, for many a model makes a plausible number of NaN. Throws `model_verification_failed`. */
export function checkOptional({ inputs }: GoldenRows, { features, optional = [] }: Manifest['inputs']): void {
  const missing = new Set<string>()
  for (const [at, value] of inputs.entries()) if (Number.isNaN(value)) missing.add(features[at % features.length] as string)
  const [unproven] = optional.filter((feature) => !missing.has(feature))
  if (unproven !== undefined)
    throw refuse(
      `inputs.optional names ${unproven}, but it is missing in no golden row: save the bundle again with golden rows without it, or do not name it optional`,
    )
}

/** Compares what a model gave with its golden rows: within `absolute + relative x |wanted|`, NaN never. */
export function compareGolden({ count, outputs, outputsPerRow, tolerance }: GoldenRows, got: Float64Array): GoldenResult {
  if (got.length !== outputs.length) throw refuse(`the model gives ${got.length / count} outputs a row, the golden rows have ${outputsPerRow}`)
  let reproduced = 0
  let maxAbsError = 0
  for (let row = 0; row < count; row += 1) {
    let fits = true
    for (let i = row * outputsPerRow; i < (row + 1) * outputsPerRow; i += 1) {
      const wanted = outputs[i] as number
      const error = Math.abs((got[i] as number) - wanted)
      if (!(error <= tolerance.absolute + tolerance.relative * Math.abs(wanted))) fits = false
      maxAbsError = Number.isNaN(error) ? Infinity : Math.max(maxAbsError, error)
    }
    if (fits) reproduced += 1
  }
  return { rows: count, reproduced, maxAbsError }
}
