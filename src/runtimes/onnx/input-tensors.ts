import { ServingError } from '../../contracts/error.ts'
import type { InputTensorSpec } from '../../contracts/manifest.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import { maxTensors } from '../process/frame-reader.ts'
import type { TensorType } from '../process/tensor.ts'
import { fits, quoted, type ValueInfo, written } from './value-info.ts'

/** What the manifest says of a row: ids of its columns, how many vectors it has, and which columns go into which input of the graph. */
export type WantedInputs = { readonly features: readonly string[]; readonly window: number; readonly tensors?: readonly InputTensorSpec[] | undefined }

/**
 * An input of the graph: a row's values have the shape `rowShape`. They are the `columns` (places in a vector, in this order) of the newest `window` vectors; without `columns` they are the
 * row as it is.
 */
export type InputTensor = {
  readonly name: string
  readonly type: TensorType
  readonly rowShape: readonly number[]
  readonly window: number
  readonly columns?: readonly number[]
}

const rank = (value: ValueInfo): number => value.shape?.length ?? 0

/** One value of a vector for each row. */
const takesOneColumn = (input: ValueInfo): boolean => rank(input) === 1 || (rank(input) > 1 && fits(input.shape?.at(-1), 1))

/** The feature that an input is called after: by its id, or as skl2onnx writes it. */
const namesake = ({ name }: ValueInfo, features: readonly string[]): string | undefined =>
  features.find((id) => id === name || id.replaceAll(/[^\w+]/g, '_') === name)

/** One input per column: by name where the inputs are called as the features are, else in the order of the features. */
function onePerColumn(inputs: readonly ValueInfo[], features: readonly string[]): readonly InputTensorSpec[] {
  const ids = inputs.map((input) => namesake(input, features))
  const known = new Set(ids.filter((id) => id !== undefined))
  if (known.size > 0 && known.size < inputs.length) {
    const strange = inputs.filter((_, at) => ids[at] === undefined)
    throw refuse(
      `Only some of the graph's inputs are called as features are, not ${quoted(strange)}: say in inputs.tensors of model.yaml which feature goes into which.`,
    )
  }
  return inputs.map(({ name }, at) => ({ name, features: [(known.size === 0 ? features[at] : ids[at]) as string] }))
}

function named(inputs: readonly ValueInfo[], tensors: readonly InputTensorSpec[]): readonly InputTensorSpec[] {
  const isSame = tensors.length === inputs.length && tensors.every(({ name }) => inputs.some((input) => input.name === name))
  if (isSame) return tensors
  throw refuse(`inputs.tensors in model.yaml names ${quoted(tensors)}, the graph takes ${quoted(inputs)}: name exactly those.`)
}

/** Which features go into which input. */
function assigned(inputs: readonly ValueInfo[], { features, tensors }: WantedInputs): readonly InputTensorSpec[] {
  if (inputs.length > maxTensors)
    throw refuse(
      `The graph takes ${inputs.length} inputs; at most ${maxTensors} are served. In skl2onnx declare one FloatTensorType([None, features]) for all columns of a type.`,
    )
  if (tensors !== undefined) return named(inputs, tensors)
  const [input] = inputs
  if (input && inputs.length === 1) return [{ name: input.name, features: [...features] }]
  if (input && inputs.length === features.length && inputs.every(takesOneColumn)) return onePerColumn(inputs, features)
  throw refuse(
    `The graph takes ${inputs.length} inputs (${quoted(inputs)}): say in inputs.tensors of model.yaml which features go into which, as [{ name, features: [...] }, ...]; "window: 1" gives an input the newest vector alone.`,
  )
}

const types = ['float32', 'float64', 'int64'] as const satisfies readonly TensorType[]

function typeOf({ name, type }: ValueInfo): TensorType {
  const known = types.find((each) => each === type)
  if (known !== undefined) return known
  throw refuse(
    `The input ${JSON.stringify(name)} is ${type ?? 'not a tensor'}; rows are numbers. Export with a float32 (or float64, or int64) input, and encode text and categories before the model or inside the graph.`,
  )
}

type Place = { readonly spec: InputTensorSpec; readonly window: number; readonly isOnly: boolean }

/** Shapes of a row, the full one first: a graph may leave out a dimension that is 1. */
const rowShapes = (window: number, width: number): readonly (readonly number[])[] => [
  [window, width],
  ...(window === 1 ? [[width]] : []),
  ...(width === 1 ? [[window]] : []),
  ...(window === 1 && width === 1 ? [[]] : []),
]

/** What to do about a graph that differs from the shape that a row would have. */
function fixOf({ shape = [] }: ValueInfo, expected: readonly number[] | undefined, { spec, isOnly }: Place): string | undefined {
  if (expected === undefined) return 'Export the model with such an input, or set inputs.window in model.yaml to what it was trained with.'
  const width = spec.features.length
  if (expected.at(-1) === width && !fits(shape.at(-1), width))
    return `${isOnly ? 'inputs.features' : 'inputs.tensors'} lists ${width} names, the graph has ${shape.at(-1)} columns: list exactly those it was trained with, in their order.`
  const [vectors] = expected
  if (vectors === undefined || fits(shape[1], vectors)) return undefined
  return `Set ${isOnly ? 'inputs.window' : 'the window of that input'} in model.yaml to ${shape[1]}.`
}

function rowShape(input: ValueInfo, place: Place): readonly number[] {
  const { window, spec } = place
  const width = spec.features.length
  const shape = rank(input) === 0 ? undefined : rowShapes(window, width).find(({ length }) => length === rank(input) - 1)
  const fix = fixOf(input, shape, place)
  if (shape !== undefined && fix === undefined) return shape
  const expected = window > 1 ? `[rows, ${window}, ${width}]` : `[rows, ${width}]`
  throw new ServingError(
    'feature_contract_mismatch',
    `The graph's input ${JSON.stringify(input.name)} is ${written(input)}, the manifest describes ${expected}. ${fix}`,
  )
}

/** How each input of a graph is made of a row, in the graph's order. Throws `model_verification_failed` or `feature_contract_mismatch`; the message says what to do. */
export function inputTensors(inputs: readonly ValueInfo[], wanted: WantedInputs): readonly InputTensor[] {
  const specs = assigned(inputs, wanted)
  return inputs.map((input) => {
    const spec = specs.find(({ name }) => name === input.name) as InputTensorSpec
    const type = typeOf(input)
    const window = spec.window ?? wanted.window
    const columns = spec.features.map((id) => wanted.features.indexOf(id))
    const isWhole = window === wanted.window && columns.length === wanted.features.length && columns.every((column, at) => column === at)
    const tensor = { name: input.name, type, rowShape: rowShape(input, { spec, window, isOnly: inputs.length === 1 }), window }
    return isWhole ? tensor : { ...tensor, columns }
  })
}

/** Columns that go into an int64 input, of a vector that has `width`. */
export const wholeColumns = (inputs: readonly InputTensor[], width: number): readonly number[] =>
  inputs.flatMap(({ type, columns }) => (type === 'int64' ? (columns ?? Array.from({ length: width }, (_, column) => column)) : []))
