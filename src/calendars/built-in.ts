import type { SessionRules } from './sessions.ts'
import { xnysRules } from './xnys.ts'

/** Rules of the calendars that come with the product, by name. */
export const builtInRules: Readonly<Record<string, () => SessionRules>> = { XNYS: xnysRules }
