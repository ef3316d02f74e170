import Type from 'typebox'

/** For paths, queries and bodies that take nothing: any field is `unknown_field`. */
export const noFields = Type.Object({}, { additionalProperties: false })
