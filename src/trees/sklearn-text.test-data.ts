/** Keys of a model or a tree and their values; `undefined` leaves a key out. */
export type Keys = Readonly<Record<string, unknown>>

/** One split on input 0 at 0.5: left leaf 1, right leaf 2, missing values to the right. */
export function stump(keys: Keys = {}): Keys {
  return { feature: [0], threshold: [0.5], missing_left: [0], left: [-1], right: [-2], values: [[1, 2]], ...keys }
}

/** A tree of one leaf with a value for each output that is named. */
export function constant(...values: readonly number[]): Keys {
  return { feature: [], threshold: [], missing_left: [], left: [], right: [], values: values.map((value) => [value]) }
}

/** The text of a model of these trees over inputs `a` and `b`, as the Python package writes it. */
export function sklearnText(trees: readonly Keys[] = [stump()], keys: Keys = {}): string {
  const head = {
    format: 'presage-trees',
    version: 1,
    written_by: 'scikit-learn 1.9.1',
    objective: 'GradientBoostingRegressor',
    feature_names: ['a', 'b'],
    categories: [null, null],
    base: [0],
    transform: { kind: 'identity' },
    average: false,
    round_inputs: false,
    ...keys,
  }
  return `${JSON.stringify(head).slice(0, -1)},"trees":[\n${trees.map((tree) => JSON.stringify(tree)).join(',\n')}\n]}\n`
}
