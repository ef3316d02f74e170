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

/** A decision as it was written: what it shares with others, and its bytes, which begin with `textSize` of text. */
export type RawDecision = { readonly shared: SharedParts; readonly bytes: Buffer; readonly textSize: number }

type Own = Pick<Decision, 'id' | 'requestId' | 'request' | 'fallback' | 'at' | 'asOf' | 'barCloseTime' | 'origin' | 'vector' | 'output' | 'supplied'>

const wordBytes = 8
const numbersFrom = (textSize: number): number => Math.ceil(textSize / wordBytes) * wordBytes

/** How many values its vector has, and how many columns of it the caller gave. */
export function countInputs({ bytes, textSize }: Pick<RawDecision, 'bytes' | 'textSize'>): { readonly values: number; readonly supplied: number } {
  const begin = numbersFrom(textSize)
  return { values: bytes.readDoubleLE(begin), supplied: bytes.readDoubleLE(begin + 2 * wordBytes) }
}

/** What the bytes alone say of a decision, and the numbers that are left for the parts that it shares. */
export function readOwn({ bytes, textSize }: Pick<RawDecision, 'bytes' | 'textSize'>): { readonly own: Own; readonly rest: Float64Array } {
  const [id, requestId, request, fallback] = JSON.parse(bytes.toString('utf8', 0, textSize)) as OwnText
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset + numbersFrom(textSize), bytes.byteOffset + bytes.length))
  const [vectorLength, outputLength, suppliedLength, at, asOf, barCloseTime, origin] = numbers.subarray(0, headerNumbers) as unknown as Header
  const output = headerNumbers + vectorLength
  const supplied = output + outputLength
  const rest = supplied + suppliedLength
  const own = {
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
  }
  return { own, rest: numbers.subarray(rest) }
}

/** The decision again. */
export function readRecord(raw: RawDecision): Decision {
  const { shared } = raw
  const { own, rest } = readOwn(raw)
  const varying = rest.values()
  return {
    ...shared.fields,
    ...own,
    prediction: shared.prediction.fill(varying),
    timings: shared.timings.fill(varying),
    guards: shared.guards.map((guard) => guard.fill(varying)),
  }
}
