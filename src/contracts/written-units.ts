const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Ms of a duration that the schema accepted, e.g. `15m`. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  if (!match) throw new RangeError(`not a duration: ${text}`)
  return Number(match[1]) * units[match[2] as keyof typeof units]
}

const sizes = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** Bytes of a size that the schema accepted, e.g. `512MiB`. */
export function sizeBytes(text: string): number {
  const match = /^(\d+)(KiB|MiB|GiB)$/.exec(text)
  if (!match) throw new RangeError(`not a size: ${text}`)
  return Number(match[1]) * sizes[match[2] as keyof typeof sizes]
}
