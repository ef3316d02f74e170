/** The JSON pointer (RFC 6901) to a part of what another one points at, `''` for the whole. */
export const pointerTo = (parent: string, step: string): string => `${parent}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`
