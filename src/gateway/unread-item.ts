import type { ServingError } from '../contracts/error.ts'
import { areAllOf, type Fault, refusalOf } from './json-walk.ts'

/** Stands for an item of a list that could not be read as it was written: why, called from the item on and from the body on. */
export class UnreadItem {
  readonly symbol: unknown
  readonly refusal: ServingError
  readonly whole: ServingError
  constructor(item: object, refusal: ServingError, whole: ServingError) {
    this.symbol = 'symbol' in item ? item.symbol : undefined
    this.refusal = refusal
    this.whole = whole
  }
}

/** Faults by the item of the list that they are in; undefined if one is in none, or makes the text ambiguous. */
function byItem(faults: readonly Fault[], list: string): Map<number, Fault[]> | undefined {
  const items = new Map<number, Fault[]>()
  for (const fault of faults) {
    const [, name, index, field] = fault.pointer.split('/')
    if (name !== list || field === undefined || fault.code === 'malformed_json') return undefined
    items.set(Number(index), [...(items.get(Number(index)) ?? []), fault])
  }
  return items
}

/** Puts an `UnreadItem` in the place of every item of the body's list that has a fault. Throws the refusal of the whole body where a fault is elsewhere. */
export function setAside(body: unknown, faults: readonly Fault[], list: string | undefined): void {
  const whole = refusalOf(faults)
  if (whole === undefined) return
  const bad = list === undefined || !areAllOf(faults) ? undefined : byItem(faults, list)
  if (list === undefined || bad === undefined) throw whole
  const items = (body as Readonly<Record<string, unknown>>)[list] as object[]
  for (const [index, its] of bad) items[index] = new UnreadItem(items[index] as object, refusalOf(its, `/${list}/${index}`) ?? whole, whole)
}
