import { refuseText, type Span } from './refuse-text.ts'

/** One word of an expression. Names begin with a letter; a symbol such as `BTC/USDT` is one word. */
export type Token = Span & { readonly kind: 'number' | 'name' | 'symbol' | 'sign' | 'end'; readonly text: string }

const symbol = String.raw`(?=[0-9/]*[A-Z])[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}(?::[A-Z0-9]{1,20}(?:-[0-9A-Z-]{1,20})?)?`
const number = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`
const kinds = ['symbol', 'number', 'name', 'sign'] as const
const word = new RegExp(String.raw`\s*(?:(${symbol})|(${number})|([A-Za-z_]\w*)|(<=|>=|[-+*/<>(),]))`, 'y')

const odd = (character: string): string =>
  character === '@' ? 'the timeframe is written once, at the end' : `${JSON.stringify(character)} has no meaning here`

/** The words of the expression that stands in a text before `until`, an `end` behind them. Throws `unknown_feature` at a character that begins none. */
export function tokensOf(text: string, until = text.length): Token[] {
  const tokens: Token[] = []
  const end = text.slice(0, until).trimEnd().length
  word.lastIndex = 0
  let at = 0
  while (at < end) {
    const match = word.exec(text)
    if (!match) {
      const place = at + text.slice(at).search(/\S/)
      return refuseText(text, { at: place, end: place + 1 }, { why: odd(text[place] as string) })
    }
    at = word.lastIndex
    const group = match.findIndex((part, i) => i > 0 && part !== undefined)
    const found = match[group] as string
    tokens.push({ kind: kinds[group - 1] as Token['kind'], text: found, at: at - found.length, end: at })
  }
  return [...tokens, { kind: 'end', text: '', at: end, end: end + 1 }]
}
