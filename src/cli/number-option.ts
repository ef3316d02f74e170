import { InvalidArgumentError } from 'commander'

/** The parser of an option that is a number from `least` to `most`; `what` names it in the refusal: `A number of basis points`. */
export const numberWithin =
  (least: number, most: number, what = 'A number') =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= least && value <= most)) throw new InvalidArgumentError(`${what} from ${least} to ${most}.`)
    return value
  }

/** The same of a whole number: `A whole number of bars`. */
export const wholeNumberWithin =
  (least: number, most: number, what = 'A whole number') =>
  (text: string): number => {
    const value = numberWithin(least, most, what)(text)
    if (!Number.isInteger(value)) throw new InvalidArgumentError(`${what} from ${least} to ${most}.`)
    return value
  }
