import type { Manifest } from '../../contracts/manifest.ts'

/** What a module's `load` is given: the absolute path of the artefact (its own file, or the folder with its index file) and what the manifest says. */
export type ModuleBundle = {
  readonly path: string
  /** Ids of the columns, in their order. */
  readonly features: readonly string[]
  /** Vectors in a row, oldest first: a row has `features.length` x `window` values. */
  readonly window: number
  /** Values of an output row: class probabilities in the order of `output.classes`, or one value. */
  readonly outputs: number
  readonly kind: Manifest['output']['kind']
}

/** What a module's `load` gives. Rows are float64, row-major, NaN = missing; `count` x `outputs` values come back, or of two classes `count` probabilities of the second. Its process ends with the model: there is nothing to give back. */
export type ModuleModel = { predict(rows: Float64Array, count: number): Float64Array | Promise<Float64Array> }

/** The export that a module of the format `esm` must have. */
export type LoadModule = (bundle: ModuleBundle) => ModuleModel | Promise<ModuleModel>
