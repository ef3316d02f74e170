import { InvalidArgumentError } from 'commander'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'

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
