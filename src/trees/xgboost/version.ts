import type { Part } from './part.ts'

/** Which XGBoost wrote a file. */
export type Version = { readonly isBefore: (major: number, minor: number) => boolean }

/** The version that a model says of itself, three numbers. Throws ModelFormatError. */
export function parseVersion(root: Part): Version {
  const [fileMajor = 0, fileMinor = 0] = root.wholes('version', { min: 0, max: 1000 }, 3)
  return { isBefore: (major, minor) => fileMajor < major || (fileMajor === major && fileMinor < minor) }
}
