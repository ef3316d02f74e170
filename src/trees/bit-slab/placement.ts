import { wantedKind, type Capacity } from './capacity.ts'
import type { Span } from './spans.ts'

/** A span's place among the positions of its tree and block: `at` is the slice or the first of the pair, `index` counts within kind and slice. */
export type Placed = { readonly span: Span; readonly kind: 'left' | 'right' | 'pair' | 'wide' | 'categorical'; readonly at: number; readonly index: number }

/** Free positions of one tree and block, given away one by one. */
class Positions {
  readonly placed: Placed[] = []
  readonly #capacity: Capacity
  readonly #used = { left: [0, 0, 0, 0], right: [0, 0, 0, 0], pair: [0, 0, 0] }
  #wide = 0
  readonly #categorical: number[] = []
  constructor(capacity: Capacity) {
    this.#capacity = capacity
  }
  take(span: Span, kind: 'left' | 'right' | 'pair', at: number): boolean {
    const index = this.#used[kind][at]
    if (index === undefined || index >= this.#capacity[kind][at]!) return false
    this.#used[kind][at] = index + 1
    this.placed.push({ span, kind, at, index })
    return true
  }
  takeWide(span: Span): void {
    this.placed.push({ span, kind: 'wide', at: 0, index: this.#wide++ })
  }
  takeCategorical(span: Span): void {
    const index = this.#categorical[span.categorical] ?? 0
    this.#categorical[span.categorical] = index + 1
    this.placed.push({ span, kind: 'categorical', at: span.categorical, index })
  }
}

/** Gives every span of one tree and block a position: pairs first, then biased singles, then flexible ones, the rest to pairs that are left over or to wide positions. */
export function placeSpans(spans: readonly Span[], capacity: Capacity, isNear: (span: Span) => boolean): readonly Placed[] {
  const positions = new Positions(capacity)
  const singles: Span[] = []
  for (const span of spans) {
    if (span.categorical >= 0) {
      positions.takeCategorical(span)
      continue
    }
    const { kind, at } = wantedKind(span, isNear(span))
    if (kind === 'single') singles.push(span)
    else if (kind === 'wide' || !positions.take(span, 'pair', at)) positions.takeWide(span)
  }
  const unbiased = singles.filter(({ bias }) => bias === 'either')
  const left = singles.filter((span) => span.bias !== 'either' && !positions.take(span, span.bias, span.firstSlice))
  left.push(...unbiased.filter((span) => !positions.take(span, 'left', span.firstSlice) && !positions.take(span, 'right', span.firstSlice)))
  left.sort((a, b) => a.firstSlice - b.firstSlice)
  for (const span of left) if (!positions.take(span, 'pair', span.firstSlice - 1) && !positions.take(span, 'pair', span.firstSlice)) positions.takeWide(span)
  return positions.placed
}
