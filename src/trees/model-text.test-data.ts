/** Lines of a tree as LightGBM writes them; `undefined` leaves a line out. */
export type TreeLines = Readonly<Record<string, string | undefined>>

const write = (lines: TreeLines): string[] =>
  Object.entries(lines).flatMap(([key, value]) => (value === undefined ? [] : [value === '' && key === 'average_output' ? key : `${key}=${value}`]))

/** One split on feature 0 at `threshold`: left leaf 1, right leaf 2. */
export function stump(lines: TreeLines = {}): TreeLines {
  return {
    num_leaves: '2',
    num_cat: '0',
    split_feature: '0',
    threshold: '0.5',
    decision_type: '2',
    left_child: '-1',
    right_child: '-2',
    leaf_value: '1 2',
    shrinkage: '1',
    ...lines,
  }
}

/** A model file of these trees over features `a` and `b`. */
export function modelText(trees: readonly TreeLines[] = [stump()], header: TreeLines = {}): string {
  const head = {
    version: 'v4',
    num_class: '1',
    num_tree_per_iteration: '1',
    label_index: '0',
    max_feature_idx: '1',
    objective: 'regression',
    feature_names: 'a b',
    feature_infos: '[0:1] none',
    tree_sizes: trees.map(() => '100').join(' '),
    ...header,
  }
  const sections = trees.map((tree, t) => [`Tree=${t}`, ...write(tree), '', ''])
  return ['tree', ...write(head), '', ...sections.flat(), 'end of trees', '', 'feature_importances:', 'a=1', '', 'pandas_categorical:null', ''].join('\n')
}
