import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/schema'
import { ServingError } from '../../contracts/error.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import type { Endpoint } from './endpoint.ts'
import { inputShape, type RowSizes } from './tensor-json.ts'

const TensorSchema = Type.Object({ name: Type.String(), datatype: Type.String(), shape: Type.Array(Type.Integer()) })
const MetadataSchema = Type.Object({ name: Type.String(), inputs: Type.Optional(Type.Array(TensorSchema)), outputs: Type.Optional(Type.Array(TensorSchema)) })
type TensorInfo = Static<typeof TensorSchema>

const check = Compile(MetadataSchema)

const written = ({ datatype, shape }: TensorInfo): string => `${datatype}[${shape.join(', ')}]`
/** -1 stands for any size. */
const fits = (shape: readonly number[], wanted: readonly number[]): boolean =>
  shape.length === wanted.length && shape.every((size, axis) => size === -1 || axis === 0 || size === wanted[axis])

function tensorNamed(tensors: readonly TensorInfo[], { name, datatype }: Endpoint['output'], what: string): TensorInfo {
  const found = tensors.find((tensor) => tensor.name === name)
  const names = tensors.map((tensor) => JSON.stringify(tensor.name)).join(', ')
  if (!found) throw refuse(`The remote model has no ${what} ${JSON.stringify(name)}; set ${what}.name in the endpoint to one of: ${names}.`)
  if (found.datatype === datatype) return found
  throw refuse(
    `The remote model's ${what} ${JSON.stringify(name)} is ${written(found)}, the endpoint says ${datatype}. Correct ${what}.datatype, or export floats.`,
  )
}

function checkInput(tensors: readonly TensorInfo[], endpoint: Endpoint, sizes: RowSizes): void {
  const input = tensorNamed(tensors, endpoint.input, 'input')
  if (tensors.length > 1) throw refuse(`The remote model takes ${tensors.length} inputs; one is served: [rows, features] or [rows, window, features].`)
  const wanted = inputShape(-1, endpoint, sizes)
  if (fits(input.shape, wanted)) return
  throw new ServingError(
    'feature_contract_mismatch',
    `The remote model's input ${JSON.stringify(input.name)} is ${written(input)}, manifest and endpoint describe [${wanted.join(', ')}]. Correct inputs.features or inputs.window in model.yaml, or input.window in the endpoint.`,
  )
}

function checkOutput(tensors: readonly TensorInfo[], endpoint: Endpoint, { outputs }: RowSizes): void {
  const output = tensorNamed(tensors, endpoint.output, 'output')
  const isColumn = outputs <= 2 && (output.shape.length === 1 || fits(output.shape, [-1, 1]))
  if (isColumn || fits(output.shape, [-1, outputs])) return
  throw refuse(
    `The remote model's output ${JSON.stringify(output.name)} is ${written(output)}, the manifest needs [-1, ${outputs}]. Correct output.kind and output.classes in model.yaml.`,
  )
}

/** Holds what a server says of its model to the manifest. A server may say nothing (MLServer does unless it is told): then the golden rows alone decide. Throws `model_verification_failed` and `feature_contract_mismatch`. */
export function checkMetadata(text: string, endpoint: Endpoint, sizes: RowSizes): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (!check.Check(value))
    throw refuse('What the remote server says of the model is no metadata of the Open Inference Protocol v2. Check url and model of the endpoint.')
  const { name, inputs = [], outputs = [] } = value
  if (name !== endpoint.model)
    throw refuse(`The remote server answers for the model ${JSON.stringify(name.slice(0, 100))}, the endpoint names ${JSON.stringify(endpoint.model)}.`)
  if (inputs.length > 0) checkInput(inputs, endpoint, sizes)
  if (outputs.length > 0) checkOutput(outputs, endpoint, sizes)
}
