import type { Config } from './schema.ts'
import { settings } from './settings.ts'

/** The configuration as it may be shown and logged: every secret that is set reads `(hidden)`. */
export function redacted(config: Config): Record<string, unknown> {
  const shown = structuredClone(config) as Record<string, unknown>
  for (const { path } of settings.filter(({ schema }) => schema.secret)) {
    const last = path.at(-1) as string
    const group = path.slice(0, -1).reduce<Record<string, unknown>>((above, key) => above[key] as Record<string, unknown>, shown)
    if (group[last] !== undefined) group[last] = '(hidden)'
  }
  return shown
}
