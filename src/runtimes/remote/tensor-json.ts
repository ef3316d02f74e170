import Type from 'typebox'
import { Compile } from 'typebox/schema'
import { ServingError } from '../../contracts/error.ts'
import type { Endpoint } from './endpoint.ts'

/** Sizes of a row going out and of a row coming back. */
export type RowSizes = { readonly features: number; readonly window: number; readonly outputs: number }
/** Values that an answer holds: `columns` for each row, and the version that it says gave them. */
export type RemoteValues = { readonly values: Float64Array; readonly columns: number; readonly version: string | undefined }

/** Where NaN, infinities and Float32 stand in JSON is said by no standard: rows that need them are refused or converted here. */
function numbersOf(rows: Float64Array, { datatype, missing }: Endpoint['input']): number[] {
  const values = Array.from(datatype === 'FP32' ? Float32Array.from(rows) : rows)
  for (const value of values) {
    if (Number.isFinite(value) || (Number.isNaN(value) && missing === 'null')) continue
    if (Number.isNaN(value))
      throw new ServingError(
        'model_output_invalid',
        'A value is missing, and the protocol of the remote server has no way to say so: where the server takes null for a missing value, say "input": { …, "missing": "null" } in the endpoint; else name no optional inputs in model.yaml.',
      )
    throw new ServingError('non_finite_feature', `A feature is beyond what can be sent to the remote server as ${datatype}`)
  }
  return values
}

/** The shape of so many rows as the endpoint takes them. */
export function inputShape(count: number, { input }: Pick<Endpoint, 'input'>, { features, window }: RowSizes): number[] {
  return (input.window ?? window > 1) ? [count, window, features] : [count, window * features]
}

/** The body of an inference request (Open Inference Protocol v2). Throws `model_output_invalid` for a missing value and `non_finite_feature` for others that JSON cannot say. */
export function requestBody(rows: Float64Array, count: number, { endpoint, sizes }: { readonly endpoint: Endpoint; readonly sizes: RowSizes }): string {
  const { input, output } = endpoint
  const tensor = { name: input.name, shape: inputShape(count, endpoint, sizes), datatype: input.datatype, data: numbersOf(rows, input) }
  return JSON.stringify({ inputs: [tensor], outputs: [{ name: output.name }] })
}

const shape = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 8 })
const AnswerSchema = Type.Object({
  model_name: Type.String(),
  model_version: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  outputs: Type.Array(Type.Object({ name: Type.String(), datatype: Type.String(), shape, data: Type.Array(Type.Unknown()) }), { maxItems: 100 }),
})
const check = Compile(AnswerSchema)

const invalid = (why: string): ServingError => new ServingError('model_output_invalid', `The remote server's answer ${why}`)

function parseAnswer(text: string) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('is no JSON')
  }
  if (check.Check(value)) return value
  const [, [first]] = check.Errors(value)
  throw invalid(`does not fit the protocol: ${first?.instancePath ?? ''} ${first?.message ?? ''}`)
}

/** [rows, outputs], [rows, 1] and [rows] for one value, and one column for two classes. */
function columnsOf([rows, columns = 1, ...more]: readonly number[], count: number, outputs: number): number | undefined {
  const fits = rows === count && more.length === 0 && (columns === outputs || (columns === 1 && outputs === 2))
  return fits ? columns : undefined
}

/** The values of a tensor of [rows, columns], which the protocol lets a server nest by its shape or write in one row; deeper nesting stays, and is no number. */
function unnested(data: readonly unknown[], shape: readonly number[], columns: number): readonly unknown[] {
  if (shape.length < 2 || !Array.isArray(data[0])) return data
  const fits = data.length === shape[0] && data.every((row) => Array.isArray(row) && row.length === columns)
  if (!fits) throw invalid(`nests its values otherwise than the shape [${shape.join(', ')}]`)
  return data.flat()
}

/** The values of an answer, held to what was asked: model, output, type, shape, count. A null is how JSON writes NaN, which is one row's fault and is passed on. Throws `model_output_invalid`. */
export function answerValues(text: string, count: number, { endpoint, sizes }: { readonly endpoint: Endpoint; readonly sizes: RowSizes }): RemoteValues {
  const { model_name, model_version, outputs } = parseAnswer(text)
  if (model_name !== endpoint.model) throw invalid(`is of the model ${JSON.stringify(model_name.slice(0, 100))}`)
  const tensors = outputs.filter(({ name }) => name === endpoint.output.name)
  const [tensor] = tensors
  if (!tensor || tensors.length > 1) throw invalid(`has ${tensors.length} outputs ${JSON.stringify(endpoint.output.name)}`)
  if (tensor.datatype !== endpoint.output.datatype) throw invalid(`is ${tensor.datatype.slice(0, 20)}, the endpoint says ${endpoint.output.datatype}`)
  const columns = columnsOf(tensor.shape, count, sizes.outputs)
  if (columns === undefined) throw invalid(`has the shape [${tensor.shape.join(', ')}] for ${count} rows; the manifest needs [${count}, ${sizes.outputs}]`)
  const data = unnested(tensor.data, tensor.shape, columns)
  if (data.length !== count * columns) throw invalid(`has ${data.length} values in the shape [${tensor.shape.join(', ')}]`)
  const values = data.map((value) => value ?? Number.NaN)
  if (!values.every((value) => typeof value === 'number')) throw invalid('has a value that is no number')
  return { values: Float64Array.from(values), columns, version: model_version ?? undefined }
}
