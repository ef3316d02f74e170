import { changedNumber } from './limits.ts'
import { oneOf, type Draw } from './random.ts'

/** A mutation of a text; `other` is another file of the same format, to take parts from. */
export type TextMutation = (text: string, other: string, draw: Draw) => string

const without = <T>(list: readonly T[], at: number, count = 1): T[] => list.toSpliced(at, count)
const swapped = <T>(list: readonly T[], a: number, b: number): T[] => list.with(a, list[b]!).with(b, list[a]!)

/** Lists of values: one changed, twice, gone, exchanged with another; the list cut, doubled, turned around, emptied or made long. */
export function changedList<T>(draw: Draw, list: readonly T[], change: (value: T) => T): T[] {
  if (list.length === 0) return []
  const at = draw(list.length)
  const changes = [
    () => list.with(at, change(list[at]!)),
    () => list.with(at, change(list[at]!)),
    () => list.toSpliced(at, 0, list[at]!),
    () => without(list, at),
    () => swapped(list, at, draw(list.length)),
    () => list.with(at, list[draw(list.length)]!),
    () => list.slice(0, at),
    () => [...list, ...list],
    () => list.toReversed(),
    () => Array.from({ length: 1 + draw(draw(40) === 0 ? 3000 : 80) }, () => list[at]!),
  ]
  return oneOf(draw, changes)()
}

type Field = { readonly line: number; readonly key: string; readonly words: readonly string[] }

const fieldAt = (lines: readonly string[], line: number): Field => {
  const [key = '', ...rest] = lines[line]!.split('=')
  return { line, key, words: rest.join('=').split(' ') }
}
const written = ({ key, words }: Pick<Field, 'key' | 'words'>): string => `${key}=${words.join(' ')}`
const linesWhere = (lines: readonly string[], is: (line: string) => boolean): number[] => [...lines.keys()].filter((line) => is(lines[line]!))

function changeField(lines: readonly string[], draw: Draw): string[] {
  const fields = linesWhere(lines, (line) => line.includes('='))
  if (fields.length === 0) return [...lines]
  const field = fieldAt(lines, oneOf(draw, fields))
  return lines.with(field.line, written({ ...field, words: changedList(draw, field.words, (word) => changedNumber(draw, word)) }))
}

/** Exchanges two words between two lists of one section: children that change places often still make a tree, of another shape. */
function exchangeWords(lines: readonly string[], draw: Draw): string[] {
  const lefts = linesWhere(lines, (line) => line.startsWith('left_child='))
  if (lefts.length === 0) return [...lines]
  const left = fieldAt(lines, oneOf(draw, lefts))
  const right = fieldAt(lines, Math.min(left.line + 1, lines.length - 1))
  const [a, b] = [draw(left.words.length), draw(right.words.length)]
  return lines
    .with(left.line, written({ ...left, words: left.words.with(a, right.words[b]!) }))
    .with(right.line, written({ ...right, words: right.words.with(b, left.words[a]!) }))
}

/** The same field as another file or another section has it. */
function borrowField(lines: readonly string[], others: readonly string[], draw: Draw): string[] {
  const line = draw(lines.length)
  const key = lines[line]!.split('=')[0]!
  const same = others.filter((other) => other.startsWith(`${key}=`))
  return same.length === 0 ? without(lines, line) : lines.with(line, oneOf(draw, same))
}

/** A file as its sections: the header, then each tree with the mark it begins with. */
const sectionsOf = (text: string): string[] => text.split(/(?=^Tree=)/m)

function changeSections(text: string, other: string, draw: Draw): string {
  const sections = sectionsOf(text)
  const [at, to] = [draw(sections.length), draw(sections.length)]
  const changes = [
    () => without(sections, at),
    () => sections.toSpliced(at, 0, sections[at]!),
    () => swapped(sections, at, to),
    () => sections.with(at, oneOf(draw, sectionsOf(other))),
    () => [sections[0]!, ...sections.slice(1), ...sectionsOf(other).slice(1)],
    () => sections.flatMap((section, i) => (i === at ? Array.from({ length: 2 + draw(8) }, () => section) : [section])),
  ]
  return oneOf(draw, changes)().join('')
}

const ofLines =
  (change: (lines: readonly string[], draw: Draw) => readonly string[]): TextMutation =>
  (text, _other, draw) =>
    change(text.split('\n'), draw).join('\n')

/** Mutations of files of `key=value` lines in sections: fields, numbers, counts, children, lists, lines and sections. */
export const lineMutations: readonly TextMutation[] = [
  ofLines(changeField),
  ofLines(changeField),
  ofLines(changeField),
  ofLines(exchangeWords),
  ofLines(exchangeWords),
  ofLines((lines, draw) => changedList(draw, lines, (line) => line.toUpperCase())),
  (text, other, draw) => borrowField(text.split('\n'), (draw(2) === 0 ? text : other).split('\n'), draw).join('\n'),
  changeSections,
]
