import { ServingError } from '../../contracts/error.ts'

/** A place in a text: from `at` to before `end`. */
export type Span = { readonly at: number; readonly end: number }

/** What is wrong there, without a full stop, and what may have been meant. */
export type Fault = { readonly why: string; readonly nearest?: readonly string[] }

const shown = 240

const sentence = ({ why, nearest = [] }: Fault): string => `${why}.${nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`}`

/** A text that is no feature: the code is `unknown_feature`, the message has a caret under the place that is wrong. */
export class FeatureTextError extends ServingError {
  readonly place: Span
  /** What is wrong and what may have been meant, without the text. */
  readonly reason: string
  constructor(text: string, place: Span, fault: Fault) {
    const plain = text.slice(0, shown).replace(/[^\x20-\x7e]/g, '?')
    const carets = '^'.repeat(Math.max(1, Math.min(place.end, plain.length) - place.at))
    super('unknown_feature', `${JSON.stringify(text.slice(0, shown))}: ${sentence(fault)}\n  ${plain}\n  ${' '.repeat(place.at)}${carets}`)
    this.place = place
    this.reason = sentence(fault)
  }
}

/** Refuses a text with a caret under the place that is wrong. */
export function refuseText(text: string, place: Span, fault: Fault): never {
  throw new FeatureTextError(text, place, fault)
}
