import { changedNumber, limitNumbers } from './limits.ts'
import { changedList, type TextMutation } from './mutate-lines.ts'
import { oneOf, type Draw } from './random.ts'

type Json = unknown
type Container = Json[] | Record<string, Json>
type Slot = { readonly parent: Container; readonly key: string }

/** What JSON.stringify cannot write (1e999, NaN, half a number) is marked, and unquoted in the text. */
const rawMark = '@raw:'
const unquoted = (text: string): string => text.replace(/"@raw:([^"]*)"/g, '$1')

const fractions = limitNumbers.filter((word) => word !== '' && Number.isFinite(Number(word)) && JSON.stringify(Number(word)) === word)

const isContainer = (value: Json): value is Container => typeof value === 'object' && value !== null

/** Every place of a value that holds a value, arrays and objects alike. */
function slotsOf(root: Json): Slot[] {
  const slots: Slot[] = []
  const waiting: Json[] = [root]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (!isContainer(value)) continue
    for (const [key, child] of Object.entries(value)) {
      slots.push({ parent: value, key })
      if (isContainer(child)) waiting.push(child)
    }
  }
  return slots
}

const read = ({ parent, key }: Slot): Json => (parent as Record<string, Json>)[key]
function write({ parent, key }: Slot, value: Json): void {
  if (key === '__proto__') return
  ;(parent as Record<string, Json>)[key] = value
}
function remove({ parent, key }: Slot): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete parent[key]
}

function changedScalar(draw: Draw, value: Json): Json {
  const word = changedNumber(draw, String(value))
  if (typeof value === 'string') return word
  const number = Number(word)
  return word !== '' && Number.isFinite(number) ? number : `${rawMark}${word.replaceAll('"', '')}`
}

function changedValue(draw: Draw, value: Json): Json {
  if (Array.isArray(value)) return changedList(draw, value, (item) => changedValue(draw, item))
  return isContainer(value) ? {} : changedScalar(draw, value)
}

function changeSlot(slots: readonly Slot[], draw: Draw): void {
  const slot = oneOf(draw, slots)
  const changes = [
    () => write(slot, changedValue(draw, read(slot))),
    () => write(slot, changedValue(draw, read(slot))),
    () => write(slot, changedValue(draw, read(slot))),
    () => write(slot, read(oneOf(draw, slots))),
    () => remove(slot),
    () => write(slot, oneOf<Json>(draw, [null, [], {}, '', true, [[]], 'x', 1.5])),
    () => write(slot, typeof read(slot) === 'number' ? String(read(slot)) : Number(read(slot))),
    () => {
      write({ parent: slot.parent, key: `${slot.key}${draw(10)}` }, read(slot))
      remove(slot)
    },
  ]
  oneOf(draw, changes)()
}

/** The same name twice in one object, which a parsed value cannot hold. */
const twice: TextMutation = (text, _other, draw) => {
  const from = text.indexOf('"', draw(text.length))
  const name = /^"[^"]*":/.exec(text.slice(from, from + 80))?.[0]
  return name === undefined ? text : `${text.slice(0, from)}${name}0,${text.slice(from)}`
}

/** Brackets thousands deep where a value was. */
const nested: TextMutation = (text, _other, draw) => {
  const at = text.indexOf(':', draw(text.length)) + 1
  const depth = 1 + draw(5000)
  return text.slice(0, at) + '['.repeat(depth) + (draw(2) === 0 ? '' : ']'.repeat(depth)) + text.slice(at)
}

/** XGBoost's words for numbers that JSON lacks; within a string they break the text, which stays as it is then. */
const quotedWords = (text: string): string => text.replace(/-?\b(?:NaN|Infinity)\b/g, `"${rawMark}$&"`)

/** A change of a parsed value; a text that an earlier mutation broke stays as it is. A value that contains itself cannot come out, as values are copied by text. */
const changeValue: TextMutation = (text, _other, draw) => {
  try {
    const root: Json = JSON.parse(quotedWords(text))
    const slots = slotsOf(root)
    if (slots.length === 0) return text
    changeSlot(slots, draw)
    return unquoted(JSON.stringify(root))
  } catch {
    return text
  }
}

/** Some fractions changed to others: thresholds, leaves and weights mostly, with which a model is still one. */
const changeFractions: TextMutation = (text, _other, draw) => {
  const from = draw(text.length)
  let left = 1 + draw(20)
  const change = (fraction: string): string => (left-- > 0 ? oneOf(draw, [...fractions, `-${fraction}`]).replace('--', '') : fraction)
  return text.slice(0, from) + text.slice(from).replace(/(?<=[[,])-?\d+\.\d+(?:[eE][+-]?\d+)?(?=[\],])/g, change)
}

/** Two neighbours of a list exchanged: children that change places, often still a tree. */
const exchangeNumbers: TextMutation = (text, _other, draw) => {
  const from = draw(text.length)
  return text.slice(0, from) + text.slice(from).replace(/(?<=[[,])(-?\d+),(-?\d+)(?=[\],])/, '$2,$1')
}

/** Mutations of JSON files: fields, numbers at their limits, types, lists, names, nesting. */
export const jsonMutations: readonly TextMutation[] = [
  changeValue,
  changeValue,
  changeValue,
  changeValue,
  changeFractions,
  changeFractions,
  changeFractions,
  exchangeNumbers,
  twice,
  nested,
]
