import Type from 'typebox'

/** Objects that have no other fields. */
export const strict = { additionalProperties: false } as const
/** Most ms that a setting may be: a day. */
export const longestMs = 86_400_000

/** A setting in ms. */
export const milliseconds = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum, maximum: longestMs })
/** A setting that is a number of things, one at least. */
export const count = (description: string, fallback: number, maximum: number) => Type.Integer({ description, default: fallback, minimum: 1, maximum })
