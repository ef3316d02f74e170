import { endOfString } from './json-shape.ts'

/** How many keys the objects within a value have in all: fewer than its JSON text has members where one of them has a key twice, of which JSON.parse keeps the last. */
export function keysWithin(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let keys = Array.isArray(value) ? 0 : own.length
  for (const item of own) if (typeof item === 'object') keys += keysWithin(item)
  return keys
}

/** The first key that stands twice in one object of a JSON text, with the place of the second; undefined where none does. */
export function doubledKey(text: string): { readonly key: string; readonly at: number } | undefined {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const mark = text[at] as string
    if ('{['.includes(mark)) open.push(new Set())
    if ('}]'.includes(mark)) open.pop()
    if (mark !== '"') continue
    const end = endOfString(text, at)
    if (/^\s*:/.test(text.slice(end, end + 20))) {
      const key = JSON.parse(text.slice(at, end)) as string
      if (open.at(-1)?.has(key) === true) return { key, at }
      open.at(-1)?.add(key)
    }
    at = end - 1
  }
  return undefined
}
