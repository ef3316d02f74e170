import { ServingError } from '../../contracts/error.ts'
import { fieldsOf, notOnnx } from './protobuf.ts'

type MessageKind = keyof typeof messages

/**
 * Every field of onnx.proto (ONNX 1.23.2) through which a TensorProto can be reached. Whatever is not listed is skipped unread.
 * `externalData` and `dataLocation` are the two fields by which a tensor points to another file.
 */
const messages = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparseTensor' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparseTensor', 23: 'sparseTensor' },
  sparseTensor: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
} as const satisfies Record<string, Record<number, string>>

const nodeOperator = 4
/** Operators that run a graph inside the graph, as often as the data say. */
const controlFlowOperators: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan'])

const tensorName = 8
const tensorExternalData = 13
const tensorDataLocation = 14
/** Subgraphs nest three messages each: this is 60 of them in one another, where real exports have a handful. */
const maxDepth = 200
const maxParts = 1_000_000

const children: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = messages

function refuseExternal(tensor: Uint8Array): void {
  let name = ''
  let external = false
  for (const { number, value } of fieldsOf(tensor)) {
    if (number === tensorName && typeof value !== 'number') name = new TextDecoder().decode(value.subarray(0, 200))
    if (number === tensorExternalData || (number === tensorDataLocation && value !== 0)) external = true
  }
  if (!external) return
  throw new ServingError(
    'model_verification_failed',
    `The tensor ${JSON.stringify(name)} keeps its data in another file, which is not served. Save the model as one file: ` +
      'model = onnx.load("model.onnx"); onnx.save(model, "model.onnx", save_as_external_data=False); with torch.onnx.export pass external_data=False.',
  )
}

/** By every name that a node is given: of a field that comes twice, readers take the last one, and nobody else should have to know which. */
function noteControlFlow(node: Uint8Array, found: Set<string>): void {
  for (const { number, value } of fieldsOf(node)) {
    if (number !== nodeOperator || typeof value === 'number') continue
    const operator = new TextDecoder().decode(value)
    if (controlFlowOperators.has(operator)) found.add(operator)
  }
}

type Part = { readonly kind: MessageKind; readonly bytes: Uint8Array; readonly depth: number }

function* partsOf({ kind, bytes, depth }: Part): Generator<Part> {
  for (const { number, value } of fieldsOf(bytes)) {
    const inner = children[kind][number]
    if (inner === undefined) continue
    if (typeof value === 'number') throw notOnnx(`field ${number} of a ${kind} has the wrong type`)
    if (depth === maxDepth) throw notOnnx('graphs are nested too deeply')
    yield { kind: inner, bytes: value, depth: depth + 1 }
  }
}

/**
 * Reads through the bytes of an ONNX file, without the library that will run it, and refuses one in which any tensor (weights, constants, subgraphs, functions,
 * sparse or training data) points to another file. Bounded in depth and count. Says which operators of control flow it has. Throws `model_verification_failed` with the fix.
 */
export function scanModel(bytes: Uint8Array): { readonly controlFlow: readonly string[] } {
  const waiting: Part[] = [{ kind: 'model', bytes, depth: 0 }]
  let seen = 0
  let graphs = 0
  const controlFlow = new Set<string>()
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    if (part.kind === 'tensor') refuseExternal(part.bytes)
    if (part.kind === 'node') noteControlFlow(part.bytes, controlFlow)
    for (const inner of partsOf(part)) {
      seen += 1
      if (seen > maxParts) throw notOnnx(`more than ${maxParts} parts`)
      if (part.depth === 0 && inner.kind === 'graph') graphs += 1
      waiting.push(inner)
    }
  }
  if (graphs === 0) throw notOnnx('it has no graph')
  return { controlFlow: [...controlFlow] }
}
