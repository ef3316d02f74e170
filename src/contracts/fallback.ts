import Type, { type Static } from 'typebox'
import type { Deadline } from './ports.ts'

/** Why a prediction may go to a fallback: the status of a required feature, or what became of the model. */
export const fallbackReasons = ['warming', 'stale', 'missing', 'partner-missing', 'flat', 'quarantined', 'unavailable', 'timeout', 'invalid_output'] as const
/** One of `fallbackReasons`. */
export type FallbackReason = (typeof fallbackReasons)[number]

const Failed = Type.Object({
  model: Type.String({ description: 'What did not answer: a model and its version, or where no version was found the label' }),
  code: Type.String(),
  detail: Type.String(),
})

/** How an answer came from a fallback, as JSON. */
export const Fallback = Type.Object({
  step: Type.Integer({ description: "Place in the manifest's list, from 1" }),
  by: Type.Enum(['model', 'values', 'signal'], { description: 'Another model, the same one with declared values, or a declared signal' }),
  model: Type.Object({ name: Type.String(), version: Type.String() }, { description: 'The version that answered; of a signal the one that declares it' }),
  reasons: Type.Array(Type.Enum([...fallbackReasons]), { description: 'Why the model that was asked did not answer' }),
  failed: Type.Array(Failed, { description: 'What was tried before, the model that was asked first' }),
  values: Type.Optional(Type.Array(Type.String(), { description: 'Inputs that have their declared value' })),
  ignored: Type.Optional(Type.Array(Type.String(), { description: 'JSON pointers into the request, at what the fallback has no use for' })),
})
/** Which fallback answered, and why. */
export type Fallback = Static<typeof Fallback>

const share = 0.75

/** The part of a call's time that an attempt may take where fallbacks stand behind it: three quarters of what is left. */
export const attemptDeadline = ({ at, signal }: Deadline, now: number): Deadline => ({ at: now + share * (at - now), signal })
