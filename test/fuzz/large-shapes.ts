const repeated = (value: string, count: number): string => Array.from({ length: count }, () => value).join(' ')
const counted = (count: number, value: (i: number) => number): string => Array.from({ length: count }, (_, i) => value(i)).join(' ')

const header = (features = 1, more = '', outputs = 1): string =>
  `tree\nversion=v4\nnum_class=${outputs}\nnum_tree_per_iteration=${outputs}\nmax_feature_idx=${features - 1}\n${more}feature_names=${repeated('a', features)}\n\n`
const model = (trees: readonly string[], head = header(), tail = ''): string =>
  [head, ...trees.map((tree, t) => `Tree=${t}\n${tree}\n`), `end of trees\n${tail}`].join('')
const trees = (count: number, tree: string): string[] => Array.from({ length: count }, () => tree)

const leaf = 'num_leaves=1\nleaf_value=1\n'
const children = '\nleft_child=-1\nright_child=-2\nleaf_value=1 1\n'
const stump = `num_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=1${children}`
const categorical = (sets: string): string => `num_leaves=2\n${sets}\nsplit_feature=0\nthreshold=0\ndecision_type=1${children}`

type Nodes = {
  readonly left: (node: number) => number
  readonly right: (node: number) => number
  readonly threshold?: (node: number) => number
  readonly more?: string
}

function nodes(leaves: number, { left, right, threshold = () => 1, more = 'num_cat=0\n' }: Nodes): string {
  const count = leaves - 1
  const lists = {
    split_feature: repeated('0', count),
    threshold: counted(count, threshold),
    left_child: counted(count, left),
    right_child: counted(count, right),
  }
  const lines = Object.entries({ num_leaves: leaves, ...lists, leaf_value: repeated('1', leaves) })
  return `${more}${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`
}
const child = (leaves: number, node: number): number => (node < leaves - 1 ? node : leaves - 2 - node)
const balanced = (leaves: number, of: Partial<Nodes> = {}): string =>
  nodes(leaves, { left: (i) => child(leaves, 2 * i + 1), right: (i) => child(leaves, 2 * i + 2), ...of })
const chain = (leaves: number): string => nodes(leaves, { left: (i) => (i < leaves - 2 ? i + 1 : -leaves), right: (i) => ~i })

/** A tree whose nodes have each a set of so many words. */
const byCategory = (leaves: number, words: number): string =>
  balanced(leaves, {
    threshold: (i) => i,
    more: [
      `num_cat=${leaves - 1}`,
      `cat_boundaries=${counted(leaves, (i) => i * words)}`,
      `cat_threshold=${repeated('7', (leaves - 1) * words)}`,
      `decision_type=${repeated('1', leaves - 1)}\n`,
    ].join('\n'),
  })

/** LightGBM files as dense as can be, each with much of one thing: what costs a reader or a builder most for its size. */
export const largeLightGbm: Readonly<Record<string, () => string>> = {
  'one-digit values': () => model([`num_leaves=2000000\nleaf_value=${repeated('1', 2_000_000)}\n`]),
  'two-digit values': () => model([`num_leaves=1000000\nleaf_value=${repeated('12', 1_000_000)}\n`]),
  'spaces and nothing else': () => model([`num_leaves=1\nleaf_value=${' '.repeat(3_000_000)}1\n`]),
  'digits without end': () => model([`num_leaves=1\nleaf_value=${'1'.repeat(3_000_000)}x\n`]),
  'trees of one leaf': () => model(trees(60_000, leaf)),
  'trees of two leaves': () => model(trees(25_000, stump)),
  'trees of 31 leaves': () => model(trees(4_000, balanced(31))),
  'chains of 512 leaves': () => model(trees(300, chain(512))),
  'one tree among leaves': () => model([chain(512), ...trees(10_000, leaf)]),
  'one balanced tree': () => model([balanced(150_000)]),
  'one chain': () => model([chain(100_000)]),
  'lines of names': () => `tree\n${Array.from({ length: 500_000 }, (_, i) => i.toString(36)).join('\n')}\nTree=0\n`,
  features: () => model([leaf], header(1_000_000)),
  'tree sizes': () => model([leaf], header(1, `tree_sizes=${repeated('1', 1_000_000)}\n`)),
  'words of the objective': () => model([leaf], header(1, `objective=regression ${repeated('a', 1_000_000)}\n`)),
  'empty category sets': () => model([byCategory(150_000, 0)]),
  'one large category set': () => model([categorical(`num_cat=1\ncat_boundaries=0 1000000\ncat_threshold=${repeated('7', 1_000_000)}`)]),
  'several large category sets': () => model(trees(3, categorical(`num_cat=1\ncat_boundaries=0 300000\ncat_threshold=${repeated('7', 300_000)}`))),
  'a category set for each of many nodes': () => model([byCategory(100_000, 1)]),
  'larger category sets for each of many nodes': () => model(trees(20, byCategory(200, 100))),
  'features beside one leaf': () => model([leaf], header(60_000)),
  'features beside large trees with categories': () => model([byCategory(200, 2), ...trees(150, balanced(255))], header(200_000)),
  'one tree of many leaves among leaves': () => model([balanced(256), ...trees(10_000, leaf)]),
  outputs: () => model(trees(50_000, leaf), header(1, '', 50_000)),
  'deep categories': () => model([leaf], header(), `pandas_categorical:${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}\n`),
}
