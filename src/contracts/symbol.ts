/** Symbols in ccxt notation: `BTC/USDT`, `BTC/USDT:USDT` (perpetual), `BTC/USDT:USDT-240628` (dated). */
export const symbolPattern = '^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20}(-[0-9A-Z-]{1,20})?)?$'

const pattern = new RegExp(symbolPattern)

/** True if the text is a symbol in canonical notation. */
export const isSymbol = (text: string): boolean => text.length <= 85 && pattern.test(text)

/** A test for a symbol glob, where `*` stands for any run of characters: `*\/USDT`, `BTC/*`. */
export function symbolGlob(glob: string): (symbol: string) => boolean {
  if (!glob.includes('*')) return (symbol) => symbol === glob
  const source = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${source.join('.*')}$`)
  return (symbol) => expression.test(symbol)
}
