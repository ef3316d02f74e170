/** The first line of what was thrown, for a message: the rest is traces and advice of libraries. */
export const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string
