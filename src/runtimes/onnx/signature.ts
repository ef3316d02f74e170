import { ServingError } from '../../contracts/error.ts'

/** A value that a graph takes or gives: the name of each dimension that is not fixed, '' when it has none; `type` and `shape` are absent for sequences and maps. */
export type ValueInfo = { readonly name: string; readonly type?: string; readonly shape?: readonly (number | string)[] }

/** What the manifest says: columns of a row, rows of a window, values of an output row, and which output. */
export type Wanted = { readonly inputs: number; readonly window: number; readonly outputs: number; readonly tensor?: string | undefined }

/** How rows go in and come out: `rowShape` is an input row's shape without the batch, `oneByOne` is true when the graph takes a single row at a time. */
export type Signature = {
  readonly input: string
  readonly type: 'float32' | 'float64'
  readonly rowShape: readonly number[]
  readonly oneByOne: boolean
  readonly output: string
}

const refuse = (why: string): ServingError => new ServingError('model_verification_failed', why)
const quoted = (values: readonly ValueInfo[]): string => values.map(({ name }) => JSON.stringify(name)).join(', ')
const isFloat = (value: ValueInfo): boolean => value.type === 'float32' || value.type === 'float64'
const written = ({ type, shape }: ValueInfo): string => `${type}[${(shape ?? []).map((size) => (size === '' ? '?' : size)).join(', ')}]`

function onlyInput(inputs: readonly ValueInfo[]): ValueInfo & { readonly type: 'float32' | 'float64' } {
  const [input] = inputs
  if (!input || inputs.length > 1) {
    throw refuse(
      `The graph takes ${inputs.length} inputs (${quoted(inputs)}); one is served: a float matrix [rows, features] or [rows, window, features]. Concatenate them inside the graph. In skl2onnx declare one FloatTensorType([None, features]) instead of one input per column.`,
    )
  }
  if (isFloat(input)) return input as ValueInfo & { type: 'float32' | 'float64' }
  throw refuse(
    `The input ${JSON.stringify(input.name)} is ${input.type ?? 'not a tensor'}; rows are numbers. Export with a float32 (or float64) input, and encode text and categories before the model or inside the graph.`,
  )
}

/** A dimension that is not fixed fits any size. */
const fits = (dimension: number | string | undefined, size: number): boolean => typeof dimension !== 'number' || dimension === size

function rowShape(input: ValueInfo, { inputs, window }: Wanted): readonly number[] {
  const shape = input.shape ?? []
  const expected = window > 1 ? `[rows, ${window}, ${inputs}]` : `[rows, ${inputs}]`
  const mismatch = (fix: string): ServingError =>
    new ServingError(
      'feature_contract_mismatch',
      `The graph's input ${JSON.stringify(input.name)} is ${written(input)}, the manifest describes ${expected}. ${fix}`,
    )
  if (shape.length !== 3 && (shape.length !== 2 || window > 1)) {
    throw mismatch(`Export the model with such an input, or set inputs.window in model.yaml to what it was trained with.`)
  }
  if (!fits(shape.at(-1), inputs))
    throw mismatch(`inputs.features lists ${inputs} names, the graph has ${shape.at(-1)} columns: list exactly those it was trained with, in their order.`)
  if (shape.length === 2) return [inputs]
  if (!fits(shape[1], window)) throw mismatch(`Set inputs.window in model.yaml to ${shape[1]}.`)
  return [window, inputs]
}

function isOneByOne(input: ValueInfo): boolean {
  const batch = input.shape?.[0]
  if (typeof batch !== 'number') return false
  if (batch === 1) return true
  throw refuse(
    `The input ${JSON.stringify(input.name)} is ${written(input)}: it takes exactly ${batch} rows at a time. Export with a free first dimension (torch.onnx.export: dynamic_axes={"${input.name}": {0: "rows"}}), or with 1.`,
  )
}

function chosenOutput(outputs: readonly ValueInfo[], tensor: string | undefined): ValueInfo {
  const floats = outputs.filter(isFloat)
  if (floats.length === 0) throw refuse(`The graph gives no float tensor, only ${quoted(outputs)}: export the scores or probabilities, not just the label.`)
  if (tensor === undefined) {
    if (floats.length === 1) return floats[0] as ValueInfo
    throw refuse(`The graph gives ${floats.length} float tensors; set output.tensor in model.yaml to one of: ${quoted(floats)}.`)
  }
  const output = outputs.find(({ name }) => name === tensor)
  if (!output) throw refuse(`The graph has no output ${JSON.stringify(tensor)}; set output.tensor in model.yaml to one of: ${quoted(floats)}.`)
  if (isFloat(output)) return output
  throw refuse(`The output ${JSON.stringify(tensor)} is ${output.type}, not float: set output.tensor in model.yaml to one of: ${quoted(floats)}.`)
}

function refuseSequences(outputs: readonly ValueInfo[]): void {
  const strange = outputs.filter(({ type }) => type === undefined)
  if (strange.length === 0) return
  throw refuse(
    `The graph's output ${quoted(strange)} is a sequence or a map, not a tensor. With skl2onnx export without the ZipMap: to_onnx(model, X, options={id(model): {"zipmap": False}}) (zipmap=False); else remove that output from the graph.`,
  )
}

/** No shape means that the graph does not say. One value per row may stand for two: the probability of the second class. */
function fitsColumns(shape: readonly (number | string)[], outputs: number): boolean {
  if (shape.length === 0) return true
  const columns = shape.length === 1 ? 1 : shape[1]
  return shape.length <= 2 && (fits(columns, outputs) || (columns === 1 && outputs === 2))
}

function checkColumns(output: ValueInfo, { outputs }: Wanted): void {
  if (fitsColumns(output.shape ?? [], outputs)) return
  throw refuse(
    `The output ${JSON.stringify(output.name)} is ${written(output)}, the manifest needs ${outputs} ${outputs === 1 ? 'value' : 'values'} per row, so [rows, ${outputs}]. Export that shape, or correct output.kind and output.classes in model.yaml.`,
  )
}

/** Decides how a graph is called, from what it says about itself. Throws `model_verification_failed` or `feature_contract_mismatch`; the message says what to do. */
export function signatureOf(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[], wanted: Wanted): Signature {
  const input = onlyInput(inputs)
  const shape = rowShape(input, wanted)
  const oneByOne = isOneByOne(input)
  refuseSequences(outputs)
  const output = chosenOutput(outputs, wanted.tensor)
  checkColumns(output, wanted)
  return { input: input.name, type: input.type, rowShape: shape, oneByOne, output: output.name }
}
