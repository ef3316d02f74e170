import { isCategorical, leafCount, type Ensemble } from '../ensemble.ts'
import { categoryBytes, nodeBytes, numericBytes, type WideLayout } from './layout.ts'
import { nanWord, wordsOf, type Slots } from './slots.ts'

type Model = { readonly ensemble: Ensemble; readonly slots: Slots; readonly layout: WideLayout }

/** A child and the places that its node is written to: several where the words of a categorical set share their left child. */
type Pending = { readonly child: number; readonly places: readonly number[] }

/** Writes nodes into the memory, the children of a node side by side. Not recursive: trees may be deep. */
class NodeWriter {
  readonly #model: Model
  readonly #words: Int32Array
  readonly #values: Float64Array
  #nextPair: number

  constructor(model: Model, image: ArrayBuffer) {
    this.#model = model
    this.#words = new Int32Array(image)
    this.#values = new Float64Array(image)
    this.#nextPair = model.layout.children
  }

  writeTree(t: number): void {
    const { ensemble, layout } = this.#model
    const [firstNode, firstLeaf] = [ensemble.nodeOffset[t]!, ensemble.leafOffset[t]!]
    const root = ensemble.nodeOffset[t + 1] === firstNode ? ~0 : 0
    const pending: Pending[] = [{ child: root, places: [layout.roots + t * nodeBytes] }]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { child, places } = next
      if (child < 0) for (const place of places) this.writeLeaf(place, firstLeaf + ~child)
      else
        pending.push(
          ...(isCategorical(ensemble, firstNode + child) ? this.#writeCategorical(firstNode + child, places) : this.#writeNumeric(firstNode + child, places)),
        )
    }
  }

  /** A leaf compares NaN, so that "no" is the answer, and "no" leads to itself: a walk that has arrived stays. */
  writeLeaf(place: number, leaf: number): void {
    const { leafWidth, leafValue } = this.#model.ensemble
    if (leafWidth > 1) this.#words[place / 4] = this.#model.layout.leaves + leaf * leafWidth * 8
    else this.#values[place / 8] = leafValue[leaf] ?? -0
    this.#writeAddresses(place, place, this.#model.slots.nan)
  }

  #writeAddresses(place: number, children: number, slot: number): void {
    this.#words[place / 4 + 2] = children
    this.#words[place / 4 + 3] = this.#model.layout.slots + slot * 8
  }

  #takePair(): number {
    this.#nextPair += 2 * nodeBytes
    return this.#nextPair - 2 * nodeBytes
  }

  #writeNumeric(node: number, places: readonly number[]): Pending[] {
    const { ensemble, slots } = this.#model
    const no = this.#takePair()
    for (const place of places) {
      this.#values[place / 8] = ensemble.threshold[node]!
      this.#writeAddresses(place, no, slots.ofNumeric(node))
    }
    return [
      { child: ensemble.right[node]!, places: [no] },
      { child: ensemble.left[node]!, places: [no + nodeBytes] },
    ]
  }

  /** A chain of nodes that ask "not in this word?": no leads left, yes to the next word, after the last one right. */
  #writeCategorical(node: number, places: readonly number[]): Pending[] {
    const { ensemble, slots } = this.#model
    const lefts: number[] = []
    let rest = places
    for (const word of wordsOf(ensemble, node)) {
      const no = this.#takePair()
      for (const place of rest) {
        this.#writeSet(place, node, word)
        this.#writeAddresses(place, no, slots.ofCategory(ensemble.feature[node]!, word))
      }
      lefts.push(no)
      rest = [no + nodeBytes]
    }
    return [
      { child: ensemble.right[node]!, places: rest },
      { child: ensemble.left[node]!, places: lefts },
    ]
  }

  #writeSet(place: number, node: number, word: number): void {
    const { threshold, categoryOffset, categoryWords } = this.#model.ensemble
    const from = categoryOffset[threshold[node]!]! + word * 2
    const to = categoryOffset[threshold[node]! + 1]!
    for (const half of [0, 1]) this.#words[place / 4 + half] = from + half < to ? categoryWords[from + half]! : 0
    if (word === nanWord) this.#words[place / 4] = 1
  }
}

function writeSlots({ slots, layout }: Model, image: ArrayBuffer): void {
  const bytes = new DataView(image)
  slots.numeric.forEach(({ feature, replacement, zeroBand }, i) => {
    const at = layout.numeric + i * numericBytes
    bytes.setFloat64(at, replacement, true)
    bytes.setFloat64(at + 8, zeroBand, true)
    bytes.setInt32(at + 16, layout.slots + feature * 8, true)
  })
  bytes.setFloat64(layout.slots + slots.nan * 8, NaN, true)
  slots.categories.forEach(({ feature, word }, i) => {
    const at = layout.categories + i * categoryBytes
    bytes.setInt32(at, layout.slots + feature * 8, true)
    bytes.setInt32(at + 4, word, true)
  })
}

function writeValues({ ensemble, layout }: Model, image: ArrayBuffer): void {
  const { leafWidth, leafValue } = ensemble
  if (leafWidth > 1) new Float64Array(image, layout.leaves, leafValue.length + leafWidth).fill(-0).set(leafValue)
}

/** The initial contents of the kernel's memory. Trees that are not there are a leaf behind all others, of -0, which changes no bit of any sum. */
export function buildWideImage(model: Model): Uint8Array<ArrayBuffer> {
  const { ensemble, layout } = model
  const image = new Uint8Array(layout.bytes)
  new Float64Array(image.buffer, layout.base, ensemble.outputs).set(ensemble.base)
  writeSlots(model, image.buffer)
  writeValues(model, image.buffer)
  const writer = new NodeWriter(model, image.buffer)
  for (let t = 0; t < ensemble.trees; t++) writer.writeTree(t)
  for (let t = ensemble.trees; t < layout.paddedTrees; t++) writer.writeLeaf(layout.roots + t * nodeBytes, leafCount(ensemble))
  return image
}
