/** One step of a path: the feature that decided, which share of training rows takes the step when the feature is unknown, and whether (1 or 0) this row takes it. */
export type PathStep = { readonly feature: number; readonly zero: number; readonly one: number }

/**
 * The steps from a tree's root to a node with every feature once, and how the subsets of its features weigh by size: what algorithm 2 of Lundberg, Erion and Lee (2018) calls m.
 * Copies of the path lie one behind another, each beginning at a `base`; arithmetic runs in LightGBM's order, so that sums come out the same to the bit.
 */
export class UniquePath {
  readonly #feature: Int32Array
  readonly #zero: Float64Array
  readonly #one: Float64Array
  readonly #weight: Float64Array
  /** Room for the paths of trees with so many decisions below each other: a path grows with each, until every feature is on it. */
  constructor(depth: number, features: number) {
    const longest = Math.min(depth, features)
    const room = (longest * (longest + 1)) / 2 + (depth - longest) * longest + longest + 2
    this.#feature = new Int32Array(room)
    this.#zero = new Float64Array(room)
    this.#one = new Float64Array(room)
    this.#weight = new Float64Array(room)
  }

  /** Copies a path of `depth` steps from one base to another. */
  copy(from: number, to: number, depth: number): void {
    for (const part of [this.#feature, this.#zero, this.#one, this.#weight]) part.copyWithin(to, from, from + depth)
  }

  /** Adds a step behind `depth` others (EXTEND). */
  extend(base: number, depth: number, { feature, zero, one }: PathStep): void {
    const weight = this.#weight
    this.#feature[base + depth] = feature
    this.#zero[base + depth] = zero
    this.#one[base + depth] = one
    weight[base + depth] = depth === 0 ? 1 : 0
    for (let i = depth - 1; i >= 0; i--) {
      weight[base + i + 1] = weight[base + i + 1]! + (one * weight[base + i]! * (i + 1)) / (depth + 1)
      weight[base + i] = (zero * weight[base + i]! * (depth - i)) / (depth + 1)
    }
  }

  /** Where a feature stands among the steps 0 to `depth`, or -1. */
  find(base: number, depth: number, feature: number): number {
    for (let k = 0; k <= depth; k++) if (this.#feature[base + k] === feature) return k
    return -1
  }

  /** The step at a place. */
  step(base: number, at: number): PathStep {
    return { feature: this.#feature[base + at]!, zero: this.#zero[base + at]!, one: this.#one[base + at]! }
  }

  /** Takes the step at a place out again (UNWIND). */
  unwind(base: number, depth: number, at: number): void {
    const weight = this.#weight
    const { zero, one } = this.step(base, at)
    let next = weight[base + depth]!
    for (let i = depth - 1; i >= 0; i--) {
      const here = weight[base + i]!
      if (one === 0) {
        weight[base + i] = (here * (depth + 1)) / (zero * (depth - i))
        continue
      }
      weight[base + i] = (next * (depth + 1)) / ((i + 1) * one)
      next = here - (weight[base + i]! * zero * (depth - i)) / (depth + 1)
    }
    for (const part of [this.#feature, this.#zero, this.#one]) part.copyWithin(base + at, base + at + 1, base + depth + 1)
  }

  /** The sum of the weights that UNWIND of the step at a place would leave. */
  unwoundSum(base: number, depth: number, at: number): number {
    const weight = this.#weight
    const { zero, one } = this.step(base, at)
    let next = weight[base + depth]!
    let sum = 0
    for (let i = depth - 1; i >= 0; i--) {
      const here = weight[base + i]!
      if (one === 0) {
        sum += here / zero / ((depth - i) / (depth + 1))
        continue
      }
      const share = (next * (depth + 1)) / ((i + 1) * one)
      sum += share
      next = here - share * zero * ((depth - i) / (depth + 1))
    }
    return sum
  }
}
