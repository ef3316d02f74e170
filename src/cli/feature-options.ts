import { type Command, InvalidArgumentError } from 'commander'
import { readConfig } from '../config/load-config.ts'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { loadFeatureModules } from '../features/modules/load-feature-modules.ts'

/** Which modules of features a command reads. */
export type ModuleOptions = { readonly modules?: readonly string[] }

/** Adds `--modules PATHS` to a command. */
export const withModules = (command: Command): Command =>
  command.option('--modules <paths>', 'modules of features, files or folders, with commas (default: the setting features.modulePaths)', (text) =>
    text.split(','),
  )

/** The catalogue with those modules, or those that the settings list. Throws `validation_failed`. */
export const catalogueOf = ({ modules }: ModuleOptions): Promise<Catalogue> =>
  loadFeatureModules(modules ?? readConfig({ env: process.env }).config.features.modulePaths)

/** The ids of an option, split at the commas between them, not at those inside parentheses: `macd(12,26,9)@1m,ema(ema(12)-ema(26),9)@1m`. */
export function splitIds(text: string): string[] {
  let depth = 0
  const parts = ['']
  for (const character of text) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts.map((id) => id.trim()).filter((id) => id !== '')
}

/** The timeframe that an option names. */
export function parseTimeframe(text: string): Timeframe {
  if (isTimeframe(text)) return text
  throw new InvalidArgumentError(`One of ${Object.keys(timeframes).join(', ')}.`)
}
