/** Visits what spaces part, first to last. A list of the words would take many times the memory of their text. */
export function eachWord(text: string, visit: (word: string) => void): void {
  for (let from = 0; from < text.length;) {
    const space = text.indexOf(' ', from)
    const to = space < 0 ? text.length : space
    if (to > from) visit(text.slice(from, to))
    from = to + 1
  }
}

/** How many words spaces part. */
export function countWords(text: string): number {
  let words = 0
  let before = 32
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (before === 32 && code !== 32) words++
    before = code
  }
  return words
}
