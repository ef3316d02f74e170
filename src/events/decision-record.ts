import type { Decision } from '../contracts/decision.ts'
import type { Guard } from '../contracts/predict.ts'
import { writeNumbers } from './form.ts'
import type { SharedParts } from './shared-parts.ts'

type OwnText = readonly [id: string, requestId: string, request: Decision['request'], fallback?: Decision['fallback']]
type Header = readonly [vectorLength: number, outputLength: number, suppliedLength: number, at: number, asOf: number, barCloseTime: number, origin: number]

const headerNumbers = 7
const orUndefined = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value)

/** The texts that no other decision has; JSON keeps a request as GET /decisions/{id} shows it, the order of its fields included. */
export const ownText = ({ id, requestId, request, fallback }: Decision): string =>
  JSON.stringify((fallback === undefined ? [id, requestId, request] : [id, requestId, request, fallback]) satisfies OwnText)

/** How many float64 numbers `writeRecord` writes. */
export const recordNumbers = ({ vector, output, supplied }: Decision, shared: SharedParts): number =>
  headerNumbers + vector.length + output.length + supplied.length + shared.numbers

function copy(from: ArrayLike<number>, into: Float64Array, start: number): number {
  for (let i = 0; i < from.length; i++) into[start + i] = from[i] as number
  return start + from.length
}

/** Writes the numbers of a decision, from index `start`. */
export function writeRecord(decision: Decision, into: Float64Array, start: number): void {
  const { vector, output, supplied, prediction, guards, timings } = decision
  into[start] = vector.length
  into[start + 1] = output.length
  into[start + 2] = supplied.length
  into[start + 3] = decision.at
  into[start + 4] = decision.asOf
  into[start + 5] = decision.barCloseTime ?? NaN
  into[start + 6] = decision.origin ?? NaN
  let at = copy(vector, into, start + headerNumbers)
  at = copy(output, into, at)
  at = copy(supplied, into, at)
  at = writeNumbers(prediction, into, at)
  at = writeNumbers(timings, into, at)
  for (let i = 0; i < guards.length; i++) at = writeNumbers(guards[i] as Guard, into, at)
}

/** The decision again: from its texts, its numbers, and the parts that it shares. */
export function readRecord(text: string, numbers: Float64Array, shared: SharedParts): Decision {
  const [id, requestId, request, fallback] = JSON.parse(text) as OwnText
  const [vectorLength, outputLength, suppliedLength, at, asOf, barCloseTime, origin] = numbers.subarray(0, headerNumbers) as unknown as Header
  const output = headerNumbers + vectorLength
  const supplied = output + outputLength
  const rest = supplied + suppliedLength
  const varying = numbers.subarray(rest).values()
  return {
    ...shared.fields,
    id,
    requestId,
    request,
    ...(fallback && { fallback }),
    at,
    asOf,
    barCloseTime: orUndefined(barCloseTime),
    origin: orUndefined(origin),
    vector: numbers.slice(headerNumbers, output),
    output: numbers.slice(output, supplied),
    supplied: [...numbers.subarray(supplied, rest)],
    prediction: shared.prediction.fill(varying),
    timings: shared.timings.fill(varying),
    guards: shared.guards.map((guard) => guard.fill(varying)),
  }
}
