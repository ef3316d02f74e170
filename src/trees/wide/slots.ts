import { isCategorical, missing, missingOf, nodeFlag, zeroThreshold, type Ensemble } from '../ensemble.ts'

/** An input rewritten so that `slot <= threshold` alone decides: `replacement` stands for NaN and for |x| <= zeroBand. */
export type NumericSlot = { readonly feature: number; readonly replacement: number; readonly zeroBand: number }

/** 64 bits that hold the row's category of a feature, if it is one of the 64 from 64 x word on. */
export type CategorySlot = { readonly feature: number; readonly word: number }

/** The word of NaN, as its category 0; no number has it: a category of 32 bits is in a lower one. */
export const nanWord = 2 ** 26

/** What nodes compare with, 8 bytes each: the row's inputs, then `numeric`, then one NaN for the leaves, then `categories`. Numbers count slots from 0. */
export type Slots = {
  readonly numeric: readonly NumericSlot[]
  readonly nan: number
  readonly categories: readonly CategorySlot[]
  readonly count: number
  readonly ofNumeric: (node: number) => number
  readonly ofCategory: (feature: number, word: number) => number
}

/** The 64-bit words of a categorical node in which something goes left; word 0 if nothing does. */
export function wordsOf({ flags, threshold, categoryOffset, categoryWords }: Ensemble, node: number): readonly number[] {
  const set = threshold[node]!
  const from = categoryOffset[set]!
  const words = new Set<number>()
  for (let i = from; i < categoryOffset[set + 1]!; i++) if (categoryWords[i] !== 0) words.add((i - from) >> 1)
  if ((flags[node]! & nodeFlag.defaultLeft) !== 0) words.add(nanWord)
  return words.size > 0 ? [...words] : [0]
}

/** What a missing value must become: below every threshold if it goes left, NaN (below none) if right, 0 if it counts as one. undefined: the input serves as it is. */
function rewriteOf(flags: number): Omit<NumericSlot, 'feature'> | undefined {
  const type = missingOf(flags)
  const left = (flags & nodeFlag.defaultLeft) !== 0
  if (type === missing.none) return { replacement: 0, zeroBand: -1 }
  if (type === missing.nan && !left) return undefined
  return { replacement: left ? -Infinity : NaN, zeroBand: type === missing.zero ? zeroThreshold : -1 }
}

/** Numbers things by their key in the order of their first appearance. */
class Numbering<T> {
  readonly items: T[] = []
  readonly #numbers = new Map<number, number>()
  numberOf(key: number, item: T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.items.length)
    return this.items.push(item) - 1
  }
}

const numericFlags = nodeFlag.defaultLeft | (3 << 2)

/** The slots that an ensemble's nodes compare with. */
export function slotsOf(ensemble: Ensemble): Slots {
  const { inputs, feature, flags } = ensemble
  const numeric = new Numbering<NumericSlot>()
  const categories = new Numbering<CategorySlot>()
  const numericSlot = (node: number): number => {
    const rewrite = rewriteOf(flags[node]!)
    if (rewrite === undefined) return feature[node]!
    const key = feature[node]! * 16 + (missingOf(flags[node]!) === missing.none ? 0 : flags[node]! & numericFlags)
    return inputs + numeric.numberOf(key, { feature: feature[node]!, ...rewrite })
  }
  const categoryNumber = (f: number, word: number): number => categories.numberOf(f * 2 * nanWord + word, { feature: f, word })
  for (let node = 0; node < feature.length; node++) {
    if (isCategorical(ensemble, node)) for (const word of wordsOf(ensemble, node)) categoryNumber(feature[node]!, word)
    else numericSlot(node)
  }
  const nan = inputs + numeric.items.length
  return {
    numeric: numeric.items,
    nan,
    categories: categories.items,
    count: nan + 1 + categories.items.length,
    ofNumeric: numericSlot,
    ofCategory: (f, word) => nan + 1 + categoryNumber(f, word),
  }
}
