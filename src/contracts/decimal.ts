const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const mayBeLost = /[eE][+-]?\d{3}|\d{300}/

/** True for the text of a number that is not zero, but too close to it for float64, which makes zero of it. */
export const vanishes = (token: string): boolean => Number(token) === 0 && /[1-9]/.test(token.split(/e/i, 1)[0] as string)

/** The number that a text writes in decimal digits; undefined for any other text, and for a number that float64 takes for zero or infinity. */
export function decimalOf(text: string): number | undefined {
  const token = text.trim()
  return decimal.test(token) && Number.isFinite(Number(token)) && !vanishes(token) ? Number(token) : undefined
}

function refuseLost(_name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value === 'number' && source !== undefined && (vanishes(source) || !Number.isFinite(value)))
    throw new SyntaxError(`${source.slice(0, 40)} is no number that float64 holds`)
  return value
}

/** The value of a JSON text, of numbers that float64 holds. Throws SyntaxError. */
export const parseJson = (text: string): unknown =>
  mayBeLost.test(text) ? (JSON.parse as (text: string, reviver: typeof refuseLost) => unknown)(text, refuseLost) : JSON.parse(text)
