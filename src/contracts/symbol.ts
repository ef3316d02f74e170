/** Symbols in ccxt notation: `BTC/USDT`, `BTC/USDT:USDT` (perpetual), `BTC/USDT:USDT-240628` (dated). */
export const symbolPattern = '^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20}(-[0-9A-Z-]{1,20})?)?$'

const pattern = new RegExp(symbolPattern)

/** True if the text is a symbol in canonical notation. */
export const isSymbol = (text: string): boolean => text.length <= 85 && pattern.test(text)

/** Symbols, and globs for them: a part of either may be or hold `*`, and `*` alone is every symbol. */
export const symbolGlobPattern = '^[A-Z0-9*]{1,20}/[A-Z0-9*]{1,20}(:[A-Z0-9*]{1,20}(-[0-9A-Z*-]{1,20})?)?$|^\\*$'

const globPattern = new RegExp(symbolGlobPattern)

/** True if the text is a symbol or a glob that fits some. */
export const isSymbolGlob = (text: string): boolean => text.length <= 85 && globPattern.test(text)

/** The symbol that someone may have meant by a text that is none, such as `btc-usdt`. */
export function meantSymbol(text: string): string | undefined {
  const canonical = text.slice(0, 100).toUpperCase().replace(/[-_]/, '/')
  return isSymbol(canonical) ? canonical : undefined
}

/** True if the parts stand in the text in their order, without overlap: the earliest place of each leaves the most room for the next. */
function inOrder(text: string, parts: readonly string[]): boolean {
  let from = 0
  for (const part of parts) {
    const at = text.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}

/** A test for a symbol glob, where `*` stands for any run of characters: `*\/USDT`, `BTC/*`. Its time is linear in the symbol for every glob. */
export function symbolGlob(glob: string): (symbol: string) => boolean {
  if (!glob.includes('*')) return (symbol) => symbol === glob
  const parts = glob.split('*')
  const start = parts[0] as string
  const end = parts.at(-1) as string
  const middle = parts.slice(1, -1)
  const shortest = start.length + end.length
  return (symbol) =>
    symbol.length >= shortest && symbol.startsWith(start) && symbol.endsWith(end) && inOrder(symbol.slice(start.length, symbol.length - end.length), middle)
}
