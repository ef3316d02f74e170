import { array, boolean, constantFrom, double, integer, oneof, record, type Arbitrary } from 'fast-check'
import { assembleTrees } from './assemble-trees.ts'
import type { Ensemble } from './ensemble.ts'
import type { Recoding } from './intake.ts'
import { foldZeroBand } from './lightgbm/zero-threshold.ts'
import type { ParsedTree, TreeCover } from './parsed-tree.ts'

/** Values at which comparisons, missing types and categories change their minds. */
export const specialValues = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  5e-324,
  -5e-324,
  1e-35,
  -1e-35,
  1.0000000180025095e-35,
  2e-35,
  1,
  -1,
  -0.5,
  0.5,
  1.5,
  31,
  32,
  33,
  64,
  1e18,
  1e300,
  2147483648,
]

type Draw = (below: number) => number

/** How large and how odd a random ensemble is. */
export type EnsembleShape = {
  readonly trees: number
  readonly leaves: number
  readonly inputs: number
  readonly outputs: number
  readonly categorical: number
  readonly missingTypes: number
  readonly spread: number
  readonly seed: number
  /** Arithmetic as XGBoost's: inputs and sums rounded to float32, sums that do not begin at 0, categories rounded down. */
  readonly float32?: boolean
  /** Categorical inputs as scikit-learn sees them: by their position among known values. */
  readonly recoded?: boolean
  /** Leaves have a value for every output. */
  readonly shared?: boolean
}

/** Shapes from one leaf to hundreds, one column to more than a hundred, few and many thresholds per column. */
export const ensembleShapes: Arbitrary<EnsembleShape> = record({
  trees: integer({ min: 1, max: 40 }),
  leaves: oneof(integer({ min: 1, max: 40 }), integer({ min: 1, max: 300 })),
  inputs: integer({ min: 1, max: 60 }),
  outputs: integer({ min: 1, max: 3 }),
  categorical: integer({ min: 0, max: 2 }),
  missingTypes: integer({ min: 1, max: 3 }),
  spread: constantFrom(5, 40, 100_000),
  seed: integer({ min: 0, max: 0x7fff_ffff }),
  float32: boolean(),
  recoded: boolean(),
  shared: boolean(),
})

/** Rows whose values are special, or lie among the thresholds. */
export const rowsOf = (inputs: number): Arbitrary<number[][]> =>
  array(
    array(
      oneof(
        constantFrom(...specialValues),
        integer({ min: -40, max: 40 }).map((value) => value / 4),
        double(),
      ),
      { minLength: inputs, maxLength: inputs },
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )

function drawFrom(seed: number): Draw {
  let state = seed | 1
  return (below) => {
    state = Math.imul(state, 48271) ^ (state >>> 13) ^ (state << 7)
    return (state >>> 0) % below
  }
}

/** Children of a tree grown by splitting a random leaf again and again, as LightGBM numbers them. */
function grow(leaves: number, draw: Draw): { left: number[]; right: number[] } {
  const [left, right]: [number[], number[]] = [[], []]
  const parents: ({ side: number[]; node: number } | undefined)[] = [undefined]
  for (let node = 0; node < leaves - 1; node++) {
    const leaf = draw(parents.length)
    const parent = parents[leaf]
    if (parent !== undefined) parent.side[parent.node] = node
    left.push(~leaf)
    right.push(~parents.length)
    parents[leaf] = { side: left, node }
    parents.push({ side: right, node })
  }
  return { left, right }
}

/** Rows through each leaf, drawn, and through each node: those of its children, which are numbered after it. */
function coverOf({ left, right }: { readonly left: readonly number[]; readonly right: readonly number[] }, draw: Draw): TreeCover {
  const leaf = Array.from({ length: left.length + 1 }, () => 1 + draw(500))
  const node = left.map(() => 0)
  const of = (child: number): number => (child < 0 ? leaf[~child]! : node[child]!)
  for (let i = left.length - 1; i >= 0; i--) node[i] = of(left[i]!) + of(right[i]!)
  return { node, leaf }
}

const roundingOf = ({ float32 }: EnsembleShape): ((x: number) => number) => (float32 === true ? Math.fround : (x) => x)

function randomTree(shape: EnsembleShape, draw: Draw): ParsedTree {
  const leaves = 1 + draw(shape.leaves)
  const leafWidth = shape.shared === true ? shape.outputs : 1
  const nodes = Array.from({ length: leaves - 1 }, () => draw(shape.inputs))
  const isCategorical = nodes.map((feature) => feature < shape.categorical)
  const sets = isCategorical.filter(Boolean).length
  const bounds = Array.from({ length: sets + 1 }, (_, k) => k * 2)
  let set = 0
  const numeric = (): number => (draw(5) === 0 ? specialValues[1 + draw(specialValues.length - 1)]! : (draw(2 * shape.spread) - shape.spread) / 4)
  const children = grow(leaves, draw)
  const round = roundingOf(shape)
  return {
    ...children,
    feature: nodes,
    flags: nodes.map((_, node) => (isCategorical[node] ? 1 | (draw(2) << 1) : (draw(shape.missingTypes) << 2) | (draw(2) << 1))),
    threshold: nodes.map((_, node) => (isCategorical[node] ? set++ : foldZeroBand(numeric()))),
    sets: { bounds, words: Array.from({ length: sets * 2 }, () => draw(0xffff_ffff)) },
    leafValues: Array.from({ length: leafWidth }, () => Array.from({ length: leaves }, () => round((draw(2_000_001) - 1_000_000) / 7e6))),
    linear: undefined,
    cover: coverOf(children, draw),
  }
}

const recodingsOf = (shape: EnsembleShape): readonly Recoding[] =>
  Array.from({ length: shape.recoded === true ? Math.min(shape.categorical, shape.inputs) : 0 }, (_, input) => ({
    input,
    values: Float64Array.of(-1, -0.5, 0, 0.25, 1, 1.5, 7, 31, 1e18),
  }))

/** The ensemble of a shape: the same shape always gives the same one. */
export function randomEnsemble(shape: EnsembleShape): Ensemble {
  const draw = drawFrom(shape.seed)
  const trees = Array.from({ length: shape.trees * (shape.shared === true ? 1 : shape.outputs) }, () => randomTree(shape, draw))
  return {
    inputs: shape.inputs,
    outputs: shape.outputs,
    trees: trees.length,
    ...assembleTrees(trees),
    base: Float64Array.from({ length: shape.outputs }, (_, k) => (shape.float32 === true ? Math.fround(k - 0.7) : 0)),
    roundInputs: shape.float32 === true,
    recodings: recodingsOf(shape),
    roundSums: shape.float32 === true,
    floorInputs: Array.from({ length: shape.float32 === true ? Math.min(shape.categorical, shape.inputs) : 0 }, (_, input) => input),
    objective: 'regression',
    transform: { kind: 'identity' },
    average: false,
    featureNames: Array.from({ length: shape.inputs }, (_, i) => `f${i}`),
    pandasCategories: undefined,
  }
}

/** An ensemble of 3 inputs whose trees all have so many leaves: as flat as can be, or a single path. */
export function formedEnsemble({ form, leaves, trees }: { readonly form: 'balanced' | 'deep'; readonly leaves: number; readonly trees: number }): Ensemble {
  const nodes = leaves - 1
  const child = (at: number): number => (at < nodes ? at : ~(at - nodes))
  const left = Array.from({ length: nodes }, (_, i) => (form === 'deep' ? ~i : child(2 * i + 1)))
  const right = Array.from({ length: nodes }, (_, i) => (form === 'deep' ? (i + 1 < nodes ? i + 1 : ~nodes) : child(2 * i + 2)))
  const drawn = randomEnsemble({ trees: 40, leaves: 300, inputs: 3, outputs: 1, categorical: 0, missingTypes: 3, spread: 40, seed: 11 })
  const all = Array.from({ length: trees })
  const cycled = <T>(values: ArrayLike<T>, count: number): T[] => Array.from({ length: count }, (_, i) => values[i % values.length]!)
  return {
    ...drawn,
    trees,
    nodeOffset: Int32Array.from({ length: trees + 1 }, (_, t) => t * nodes),
    leafOffset: Int32Array.from({ length: trees + 1 }, (_, t) => t * leaves),
    feature: Int32Array.from(cycled(drawn.feature, trees * nodes)),
    threshold: Float64Array.from(cycled(drawn.threshold, trees * nodes)),
    flags: Uint8Array.from(cycled(drawn.flags, trees * nodes)),
    left: Int32Array.from(all.flatMap(() => left)),
    right: Int32Array.from(all.flatMap(() => right)),
    leafValue: Float64Array.from(cycled(drawn.leafValue, trees * leaves)),
    cover: undefined,
  }
}
