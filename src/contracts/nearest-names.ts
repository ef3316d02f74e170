/** Number of insertions, deletions and replacements that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}

/** Up to `most` of the names that are closest to the text in spelling, nearest first; names that share nothing with it are left out. */
export function nearestNames(text: string, names: Iterable<string>, most = 3): string[] {
  const wanted = text.slice(0, 100).toLowerCase()
  const scored = [...names].map((name) => {
    const known = name.toLowerCase()
    const inside = wanted.length > 1 && (known.includes(wanted) || wanted.includes(known))
    return { name, distance: inside ? Math.abs(known.length - wanted.length) / 10 : editDistance(wanted, known) }
  })
  return scored
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(Math.max(name.length, wanted.length) / 2)))
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name)
}

/** The names that someone may have meant by a text, up to `most`, as the end of a sentence: `; did you mean host or port?`, or nothing. */
export function meant(text: string, names: Iterable<string>, most = 2): string {
  const near = nearestNames(text, names, most)
  const last = near.pop()
  if (last === undefined) return ''
  return `; did you mean ${near.length === 0 ? '' : `${near.join(', ')} or `}${last}?`
}
