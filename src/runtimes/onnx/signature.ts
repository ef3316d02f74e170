import { refuse } from '../../contracts/model-refusal.ts'
import { type InputTensor, inputTensors, type WantedInputs } from './input-tensors.ts'
import { fits, quoted, type ValueInfo, written } from './value-info.ts'

/** What the manifest says: how rows are made, values of an output row, and which output. */
export type Wanted = WantedInputs & { readonly outputs: number; readonly tensor?: string | undefined }

/** How rows go in and come out: `oneByOne` is true when the graph takes a single row at a time. */
export type Signature = { readonly inputs: readonly InputTensor[]; readonly oneByOne: boolean; readonly output: string }

const isFloat = (value: ValueInfo): boolean => value.type === 'float32' || value.type === 'float64'
const isWhole = ({ type }: ValueInfo): boolean => type !== undefined && /^u?int(8|16|32|64)$/.test(type)
const isSequence = ({ type }: ValueInfo): boolean => type === undefined

function isOneByOne(input: ValueInfo): boolean {
  const batch = input.shape?.[0]
  if (typeof batch !== 'number') return false
  if (batch === 1) return true
  throw refuse(
    `The input ${JSON.stringify(input.name)} is ${written(input)}: it takes exactly ${batch} rows at a time. Export with a free first dimension (torch.onnx.export: dynamic_axes={"${input.name}": {0: "rows"}}), or with 1.`,
  )
}

function refuseSequences(outputs: readonly ValueInfo[]): void {
  if (!outputs.some(isSequence)) return
  throw refuse(
    `The graph's output ${quoted(outputs.filter(isSequence))} is a sequence or a map, not a tensor. With skl2onnx export without the ZipMap: to_onnx(model, X, options={id(model): {"zipmap": False}}) (zipmap=False); else set output.tensor in model.yaml to an output that is a tensor.`,
  )
}

function onlyFloat(outputs: readonly ValueInfo[]): ValueInfo {
  refuseSequences(outputs)
  const floats = outputs.filter(isFloat)
  const [only] = floats
  if (!only)
    throw refuse(
      `The graph gives no float tensor, only ${quoted(outputs)}: export the scores or probabilities, not just the label. An amount in whole numbers is served where output.tensor in model.yaml names it.`,
    )
  if (floats.length === 1) return only
  throw refuse(`The graph gives ${floats.length} float tensors; set output.tensor in model.yaml to one of: ${quoted(floats)}.`)
}

/** Whole numbers are an amount where the model gives one value, and a label, no probability, where it has classes. */
function chosenOutput(outputs: readonly ValueInfo[], { outputs: values, tensor }: Wanted): ValueInfo {
  if (tensor === undefined) return onlyFloat(outputs)
  const good = outputs.filter((output) => isFloat(output) || (values === 1 && isWhole(output)))
  const others = good.length === 0 ? 'Export the scores or probabilities' : `Set output.tensor in model.yaml to one of: ${quoted(good)}`
  const output = outputs.find(({ name }) => name === tensor)
  if (!output) throw refuse(`The graph has no output ${JSON.stringify(tensor)}. ${others}.`)
  if (good.includes(output)) return output
  if (isSequence(output)) refuseSequences([output])
  const why = isWhole(output) ? 'a label and no probability' : 'not float'
  throw refuse(`The output ${JSON.stringify(tensor)} is ${output.type}, ${why}. ${others}.`)
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
  const tensors = inputTensors(inputs, wanted)
  const oneByOne = inputs.map(isOneByOne).includes(true)
  const output = chosenOutput(outputs, wanted)
  checkColumns(output, wanted)
  return { inputs: tensors, oneByOne, output: output.name }
}
